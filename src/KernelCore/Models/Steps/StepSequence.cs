using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Steps one after the other: a whole network, or the body of a residual block.</summary>
internal sealed class StepSequence(LayerStep[] steps)
{
    private int _firstBackward;

    /// <summary>The steps in forward order.</summary>
    public IReadOnlyList<LayerStep> Steps => steps;

    /// <summary>Output of the last step.</summary>
    public Tensor Output => steps[^1].Output;

    public bool HasTrainable => steps.Any(s => s.HasTrainable);

    public static StepSequence Create(IEnumerable<(string Name, Layer Layer)> layers, StepContext context)
    {
        LayerStep[] steps = [.. layers.Select(l => l.Layer.CreateStep(context.Child(l.Name)))];
        for (int i = 1; i < steps.Length; i++)
        {
            if (steps[i - 1] is LinearStep linear && steps[i] is ActivationStep activation)
            {
                linear.Absorb(activation);
            }
        }

        return new(steps);
    }

    public void Bind(Tensor? features, IndexTensor? tokens)
    {
        foreach (LayerStep step in steps)
        {
            step.Bind(features, tokens);
            (features, tokens) = (step.Output, null);
        }
    }

    public void Forward(ForwardMode mode)
    {
        foreach (LayerStep step in steps)
        {
            step.Forward(mode);
        }
    }

    public GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        int firstTrainable = Array.FindIndex(steps, s => s.HasTrainable);
        _firstBackward = needInput ? 0 : firstTrainable < 0 ? steps.Length : firstTrainable;
        for (int i = steps.Length - 1; i >= _firstBackward; i--)
        {
            output = steps[i].PlanBackward(output, needInput || i > _firstBackward);
        }

        return output;
    }

    public void Backward()
    {
        for (int i = steps.Length - 1; i >= _firstBackward; i--)
        {
            steps[i].Backward();
        }
    }

    public IEnumerable<LayerCapture> Captures(ForwardMode mode) => steps.Skip(_firstBackward).SelectMany(s => s.Captures(mode));

    /// <summary>Creates the tangents of all outputs; the last one comes back.</summary>
    public Tensor? BindTangent(Tensor? input)
    {
        foreach (LayerStep step in steps)
        {
            input = step.BindTangent(input);
        }

        return input;
    }

    public void TangentForward(ParameterVector direction)
    {
        for (int i = _firstBackward; i < steps.Length; i++)
        {
            steps[i].TangentForward(direction);
        }
    }

    public GradientSlot PlanTangentBackward(GradientSlot output)
    {
        for (int i = steps.Length - 1; i >= _firstBackward; i--)
        {
            output = steps[i].PlanTangentBackward(output);
        }

        return output;
    }

    public void TangentBackward(ParameterVector direction, bool curved)
    {
        for (int i = steps.Length - 1; i >= _firstBackward; i--)
        {
            steps[i].TangentBackward(direction, curved);
        }
    }

    public IEnumerable<CaptureTangent> CaptureTangents() => steps.Skip(_firstBackward).SelectMany(s => s.CaptureTangents());
}
