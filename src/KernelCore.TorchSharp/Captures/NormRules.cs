using Functional = TorchSharp.torch.nn.functional;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch;

/// <summary>Rules of normalisations: xhat is computed again without scale and shift.</summary>
internal static class NormRules
{
    private const string BatchStatistics =
        "batch statistics couple the samples of a batch, so per-sample gradients do not exist; use evaluation mode and track_running_stats, or the head scores";

    public static TorchTensor LayerNorm(Modules.LayerNorm module, TorchTensor input, TorchTensor output, CaptureTap tap)
    {
        using TorchTensor constant = input.detach();
        using TorchTensor normalized = Functional.layer_norm(constant, module.normalized_shape, null, null, module.eps);
        return tap.ScaleShift(normalized, output);
    }

    public static TorchTensor GroupNorm(Modules.GroupNorm module, TorchTensor input, TorchTensor output, CaptureTap tap)
    {
        using TorchTensor constant = input.detach();
        using TorchTensor normalized = Functional.group_norm(constant, module.num_groups, null, null, module.eps);
        return tap.ChannelScaleShift(normalized, output, coupling: null);
    }

    public static TorchTensor InstanceNorm(Modules.InstanceNorm module, TorchTensor input, TorchTensor output, CaptureTap tap)
    {
        using TorchTensor constant = input.detach();
        bool running = !module.training && module.track_running_stats;
        using TorchTensor normalized = running
            ? Functional.instance_norm(constant, module.running_mean, module.running_var, null, null, use_input_stats: false, eps: module.eps)
            : Functional.instance_norm(constant, use_input_stats: true, eps: module.eps);
        return tap.ChannelScaleShift(normalized, output, coupling: null);
    }

    public static TorchTensor BatchNorm(Modules.BatchNorm module, TorchTensor input, TorchTensor output, CaptureTap tap)
    {
        using TorchTensor constant = input.detach();
        bool running = !module.training && module.running_mean is not null;
        using TorchTensor normalized = Functional.batch_norm(
            constant, running ? module.running_mean : null, running ? module.running_var : null, training: !running, eps: module.eps);
        return tap.ChannelScaleShift(normalized, output, running ? null : BatchStatistics);
    }
}
