namespace KernelCore.Torch;

/// <summary>What is known about a module's passes over samples of one shape.</summary>
/// <param name="Axes">The uses of parameters in forward order, and where the samples are in each.</param>
internal sealed record ModulePlan(IReadOnlyList<(string Layer, BatchAxis Axis)> Axes);

/// <summary>A plan, and how well captures made by it agree with autograd.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Report">Errors by parameter.</param>
/// <param name="HasHead">Whether the module returns the output of its last linear layer.</param>
internal sealed record CheckedPlan(ModulePlan Plan, CaptureReport Report, bool HasHead);
