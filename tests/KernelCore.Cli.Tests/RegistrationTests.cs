using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;
using Microsoft.Extensions.DependencyInjection;

namespace KernelCore.Cli.Tests;

public class RegistrationTests
{
    [Fact]
    public void AddKernelCore_gives_backends_data_and_a_device()
    {
        using ServiceProvider services = new ServiceCollection().AddLogging().AddKernelCore().AddKernelCore().BuildServiceProvider();
        Assert.Equal("cpu", Assert.Single(services.GetServices<IBackend>()).Name);
        Assert.NotNull(services.GetRequiredService<DatasetCatalog>());
        Device device = services.GetRequiredService<Device>();
        Assert.Same(device, services.GetRequiredService<Device>());

        using var network = new Network(device, [new Linear(2, 2)]);
        using var trainer = ActivatorUtilities.CreateInstance<Trainer>(services, network, new TrainingOptions());
        Assert.NotNull(trainer);
    }
}
