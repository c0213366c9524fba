using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Maximum over windows of each channel.</summary>
/// <param name="Kernel">Window extents.</param>
/// <param name="Stride">Strides; the window's extents when null.</param>
/// <param name="Padding">Padding, minus infinity; 0 when null.</param>
public sealed record MaxPool2d(Extent2D Kernel, Extent2D? Stride = null, Extent2D? Padding = null) : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new PoolStep(context, Kernel, Stride ?? Kernel, Padding ?? 0, maximum: true);
}

/// <summary>Mean over windows of each channel, padding counted.</summary>
/// <param name="Kernel">Window extents.</param>
/// <param name="Stride">Strides; the window's extents when null.</param>
/// <param name="Padding">Padding, zeros; 0 when null.</param>
public sealed record AvgPool2d(Extent2D Kernel, Extent2D? Stride = null, Extent2D? Padding = null) : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new PoolStep(context, Kernel, Stride ?? Kernel, Padding ?? 0, maximum: false);
}

/// <summary>Mean of each channel over height and width: [batch, channels, height, width] to [batch, channels].</summary>
public sealed record GlobalAvgPool2d : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new MeanStep(context, spatial: true);
}

/// <summary>Mean over tokens: [batch, tokens, width] to [batch, width].</summary>
public sealed record MeanTokens : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new MeanStep(context, spatial: false);
}

internal sealed class PoolStep(StepContext context, Extent2D kernel, Extent2D stride, Extent2D padding, bool maximum) : LayerStep(context)
{
    private PoolGeometry? _geometry;
    private IndexTensor? _argmax;
    private int _planes;
    private Tensor? _gx, _rgx;

    protected override Tensor CreateOutput()
    {
        Shape x = Input.Shape;
        Require(x.Rank == 4, "[batch, channels, height, width]");
        if (Math.Min(kernel.Height, kernel.Width) < 1 || Math.Min(stride.Height, stride.Width) < 1 || Math.Min(padding.Height, padding.Width) < 0
            || padding.Height > kernel.Height / 2 || padding.Width > kernel.Width / 2)
        {
            throw Invalid("kernel and stride are at least 1, the padding at least 0 and at most half the kernel");
        }

        int roomHeight = x[2] + (2 * padding.Height) - kernel.Height, roomWidth = x[3] + (2 * padding.Width) - kernel.Width;
        if (roomHeight < 0 || roomWidth < 0)
        {
            throw Invalid($"the window does not fit the input {x}");
        }

        _planes = x[0] * x[1];
        _geometry = new PoolGeometry(
            x[2], x[3], kernel.Height, kernel.Width, stride.Height, stride.Width, padding.Height, padding.Width,
            (roomHeight / stride.Height) + 1, (roomWidth / stride.Width) + 1);
        Shape y = [x[0], x[1], _geometry.OutHeight, _geometry.OutWidth];
        _argmax = maximum ? AllocateIndices(y) : null;
        return Allocate(y);
    }

    public override void Forward(ForwardMode mode)
    {
        if (maximum)
        {
            Kernels.Layers.MaxPool(_geometry!, _planes, Input, Output, _argmax!);
        }
        else
        {
            Kernels.Layers.AveragePool(_geometry!, _planes, Input, Output);
        }
    }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gx = Allocate(Input.Shape);
        return new GradientSlot(_gx, MayOverwrite: true);
    }

    public override void Backward() => Gradient(OutputGradient, _gx!);

    public override void TangentForward(ParameterVector direction)
    {
        if (maximum)
        {
            Kernels.Tangents.MaxPool(_geometry!, _planes, _argmax!, InputTangent!, OutputTangent!);
        }
        else
        {
            Kernels.Layers.AveragePool(_geometry!, _planes, InputTangent!, OutputTangent!);
        }
    }

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        _rgx = Allocate(Input.Shape);
        return new GradientSlot(_rgx, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved) => Gradient(OutputGradientTangent, _rgx!);

    private void Gradient(Tensor gy, Tensor gx)
    {
        if (maximum)
        {
            Kernels.Layers.MaxPoolGradient(_geometry!, _planes, _argmax!, gy, gx);
        }
        else
        {
            Kernels.Layers.AveragePoolGradient(_geometry!, _planes, gy, gx);
        }
    }
}

internal sealed class MeanStep(StepContext context, bool spatial) : LayerStep(context)
{
    private ChannelLayout _layout;
    private Tensor? _gx, _rgx;

    protected override Tensor CreateOutput()
    {
        Shape x = Input.Shape;
        Require(x.Rank == (spatial ? 4 : 3), spatial ? "[batch, channels, height, width]" : "[batch, tokens, width]");
        _layout = spatial ? new ChannelLayout(x[0] * x[1], x[2] * x[3], 1) : new ChannelLayout(x[0], x[1], x[2]);
        return Allocate([x[0], spatial ? x[1] : x[2]]);
    }

    public override void Forward(ForwardMode mode) => Kernels.Layers.Mean(_layout, Input, Output);

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gx = Allocate(Input.Shape);
        return new GradientSlot(_gx, MayOverwrite: true);
    }

    public override void Backward() => Kernels.Layers.MeanGradient(_layout, OutputGradient, _gx!);

    public override void TangentForward(ParameterVector direction) => Kernels.Layers.Mean(_layout, InputTangent!, OutputTangent!);

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        _rgx = Allocate(Input.Shape);
        return new GradientSlot(_rgx, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved) =>
        Kernels.Layers.MeanGradient(_layout, OutputGradientTangent, _rgx!);
}
