using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>1-D cross-correlation on [batch, channels, length].</summary>
/// <param name="In">Input channels.</param>
/// <param name="Out">Output channels.</param>
/// <param name="Kernel">Kernel length.</param>
/// <param name="Stride">Stride.</param>
/// <param name="Padding">Zeros on both sides.</param>
/// <param name="Dilation">Distance between kernel elements.</param>
/// <param name="Groups">Groups; 1 connects everything.</param>
/// <param name="Bias">Whether there is a bias.</param>
public sealed record Conv1d(
    int In, int Out, int Kernel, int Stride = 1, int Padding = 0, int Dilation = 1, int Groups = 1, bool Bias = true) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters =>
        ConvolutionStep.Specify([Out, In / Math.Max(1, Groups), Kernel], Bias);

    internal override LayerStep CreateStep(StepContext context) => new ConvolutionStep(
        context, In, Out, Groups, new Extent2D(1, Kernel), new Extent2D(1, Stride), new Padding2D(0, Padding), new Extent2D(1, Dilation), Bias, axes: 1);
}

/// <summary>2-D cross-correlation on [batch, channels, height, width].</summary>
/// <param name="In">Input channels.</param>
/// <param name="Out">Output channels.</param>
/// <param name="Kernel">Kernel extents: a number or [height, width].</param>
/// <param name="Stride">Strides; 1 when null.</param>
/// <param name="Padding">Zeros: a number, [vertical, horizontal] or <c>"same"</c>; 0 when null.</param>
/// <param name="Dilation">Distances between kernel elements; 1 when null.</param>
/// <param name="Groups">Groups; 1 connects everything, <paramref name="In"/> is depthwise.</param>
/// <param name="Bias">Whether there is a bias.</param>
public sealed record Conv2d(
    int In, int Out, Extent2D Kernel, Extent2D? Stride = null, Padding2D? Padding = null, Extent2D? Dilation = null, int Groups = 1, bool Bias = true) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters =>
        ConvolutionStep.Specify([Out, In / Math.Max(1, Groups), Kernel.Height, Kernel.Width], Bias);

    internal override LayerStep CreateStep(StepContext context) => new ConvolutionStep(
        context, In, Out, Groups, Kernel, Stride ?? 1, Padding ?? 0, Dilation ?? 1, Bias, axes: 2);
}

internal sealed class ConvolutionStep : LayerStep
{
    private readonly ParameterReference _weight;
    private readonly ParameterReference? _bias;
    private readonly int _in, _out, _groups, _axes;
    private readonly Extent2D _kernel, _stride, _dilation;
    private readonly Padding2D _padding;
    private ConvolutionGeometry? _geometry;
    private Tensor? _gx, _rgx, _outputRest, _gradientRest;

    public ConvolutionStep(
        StepContext context, int inChannels, int outChannels, int groups, Extent2D kernel, Extent2D stride, Padding2D padding, Extent2D dilation, bool bias, int axes)
        : base(context)
    {
        if (groups < 1 || inChannels % groups != 0 || outChannels % groups != 0)
        {
            throw Invalid($"{groups} groups do not divide {inChannels} input and {outChannels} output channels");
        }

        if (Math.Min(kernel.Height, kernel.Width) < 1 || Math.Min(stride.Height, stride.Width) < 1 || Math.Min(dilation.Height, dilation.Width) < 1)
        {
            throw Invalid("kernel, stride and dilation are at least 1");
        }

        if (Math.Min(padding.Height, padding.Width) < 0)
        {
            throw Invalid("padding is at least 0");
        }

        (_in, _out, _groups, _kernel, _stride, _padding, _dilation, _axes) = (inChannels, outChannels, groups, kernel, stride, padding, dilation, axes);
        _weight = context.Parameter("weight");
        _bias = bias ? context.Parameter("bias") : null;
    }

    public override bool HasTrainable => _weight.Trainable || _bias is { Trainable: true };

    public static IEnumerable<ParameterSpec> Specify(Shape weight, bool bias)
    {
        int fanIn = weight[0] == 0 ? 0 : (int)(weight.Count / weight[0]);
        yield return new ParameterSpec("weight", weight, Initializers.FanIn(fanIn));
        if (bias)
        {
            yield return new ParameterSpec("bias", [weight[0]], Initializers.FanIn(fanIn));
        }
    }

    protected override Tensor CreateOutput()
    {
        bool planar = _axes == 2;
        Require(Input.Shape.Rank == _axes + 2 && Input.Shape[1] == _in, planar ? $"[batch, {_in}, height, width]" : $"[batch, {_in}, length]");
        int height = planar ? Input.Shape[2] : 1, width = Input.Shape[-1];
        var (top, outHeight) = _padding.Along(0, height, _kernel.Height, _stride.Height, _dilation.Height);
        var (left, outWidth) = _padding.Along(1, width, _kernel.Width, _stride.Width, _dilation.Width);
        if (outHeight < 1 || outWidth < 1)
        {
            throw Invalid($"the kernel does not fit the input {Input.Shape}");
        }

        _geometry = new ConvolutionGeometry(
            _in, _out, _groups, height, width, _kernel.Height, _kernel.Width, _stride.Height, _stride.Width, top, left,
            _dilation.Height, _dilation.Width, outHeight, outWidth);
        int batch = Input.Shape[0];
        return Allocate(planar ? [batch, _out, outHeight, outWidth] : [batch, _out, outWidth]);
    }

    public override void Forward(ForwardMode mode) =>
        Kernels.Layers.Convolution(_geometry!, Input.Shape[0], Input, _weight.Tensor, _bias?.Tensor, Output);

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gx = needInput ? Allocate(Input.Shape) : null;
        return new GradientSlot(_gx!, MayOverwrite: true);
    }

    public override void Backward()
    {
        if (_gx is not null)
        {
            Kernels.Layers.ConvolutionInputGradient(_geometry!, Input.Shape[0], OutputGradient, _weight.Tensor, _gx);
        }
    }

    public override IEnumerable<LayerCapture> Captures(ForwardMode mode)
    {
        yield return new LayerCapture
        {
            Layer = Name,
            Kind = CaptureKind.Convolution,
            Batch = Input.Shape[0],
            Positions = _geometry!.Positions,
            WeightShape = _weight.Tensor.Shape,
            WeightIndex = _weight.CaptureIndex,
            BiasIndex = _bias?.CaptureIndex ?? -1,
            Bias = _bias?.Tensor,
            Activation = Input,
            Backprop = OutputGradient,
            Output = Output,
            Geometry = _geometry,
            Layout = new ChannelLayout(1, _out, _geometry.Positions),
        };
    }

    protected override Tensor? CreateOutputTangent()
    {
        Tensor? tangent = base.CreateOutputTangent();
        _outputRest = InputTangent is not null && HasTrainable ? Allocate(Output.Shape) : null;
        return tangent;
    }

    public override void TangentForward(ParameterVector direction)
    {
        ILayerKernels kernels = Kernels.Layers;
        int batch = Input.Shape[0];
        if (InputTangent is null)
        {
            kernels.Convolution(_geometry!, batch, Input, Along(direction, _weight)!, Along(direction, _bias), OutputTangent!);
            return;
        }

        kernels.Convolution(_geometry!, batch, InputTangent, _weight.Tensor, null, OutputTangent!);
        if (_outputRest is not null)
        {
            kernels.Convolution(_geometry!, batch, Input, Along(direction, _weight)!, Along(direction, _bias), _outputRest);
            kernels.Add(OutputTangent!, _outputRest, OutputTangent!);
        }
    }

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        if (InputTangent is not null)
        {
            _rgx = Allocate(Input.Shape);
            _gradientRest = HasTrainable ? Allocate(Input.Shape) : null;
        }

        return new GradientSlot(_rgx!, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved)
    {
        if (_rgx is null)
        {
            return;
        }

        ILayerKernels kernels = Kernels.Layers;
        int batch = Input.Shape[0];
        kernels.ConvolutionInputGradient(_geometry!, batch, OutputGradientTangent, _weight.Tensor, _rgx);
        if (curved && _gradientRest is not null)
        {
            kernels.ConvolutionInputGradient(_geometry!, batch, OutputGradient, Along(direction, _weight)!, _gradientRest);
            kernels.Add(_rgx, _gradientRest, _rgx);
        }
    }

    public override IEnumerable<CaptureTangent> CaptureTangents()
    {
        yield return new CaptureTangent(InputTangent, OutputGradientTangent);
    }
}
