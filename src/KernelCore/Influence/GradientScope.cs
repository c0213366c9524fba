namespace KernelCore.Influence;

/// <summary>Which parameters a gradient is taken with respect to.</summary>
public enum GradientScope
{
    /// <summary>All trainable parameters: a forward and a backward pass.</summary>
    Model,

    /// <summary>Weight and bias of the final linear layer: a forward pass alone.</summary>
    Head,

    /// <summary>Weight of the final linear layer without its bias, as captum's TracInCPFast.</summary>
    HeadWeight,
}
