using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace KernelCore;

/// <summary>Registration of KernelCore in a dependency injection container.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>Adds the CPU backend, the data set catalog and a <see cref="Device"/>: the default one, opened on first use.</summary>
    /// <remarks>
    /// Singletons; what is registered already stays. Further backends are added as <see cref="IBackend"/>. Trainers and
    /// scorers belong to one model: create them with <see cref="ActivatorUtilities"/>, which fills in their logger.
    /// </remarks>
    /// <param name="services">The container's registrations.</param>
    /// <returns>The same registrations.</returns>
    public static IServiceCollection AddKernelCore(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IBackend, CpuBackend>());
        services.TryAddSingleton(_ => new DatasetCatalog());
        services.TryAddSingleton(provider => Devices.Open(Devices.Default, provider.GetServices<IBackend>()));
        return services;
    }
}
