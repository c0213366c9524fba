using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>
/// Finds out from two samples how a module treats the batch axis, and whether captures give the per-sample gradients that
/// autograd gives for each sample alone.
/// </summary>
/// <remarks>
/// What grows between a batch of one and a batch of two is the batch axis, whatever other extents happen to equal the batch
/// size. Compared are the gradients of c_i . f(x_i) for fixed random c_i, in evaluation mode. Where a layer is known to couple
/// the samples there is nothing to compare with; asking for per-sample quantities is refused with its reason.
/// </remarks>
internal sealed class CaptureCheck(TorchModel model)
{
    /// <summary>
    /// Differences between a batch of one and a batch of two are rounding: about sqrt(depth) x 1e-6 for float32 products. A wrong
    /// rule errs by the size of the gradient itself.
    /// </summary>
    private const double Tolerance = 1e-2;

    /// <summary>Gradients this much smaller than the model's largest are rounding themselves, such as those of a bias before a softmax.</summary>
    private const double Negligible = 1e-4;

    private const ulong Seed = 0xC0DE;

    private readonly ModuleParameters _parameters = model.ModuleParameters;

    /// <summary>Makes and checks the plan for inputs like this one.</summary>
    public CheckedPlan Run(TorchTensor input)
    {
        using TorchTensor first = input.narrow(0, 0, 1), second = input.narrow(0, Math.Min(1, input.shape[0] - 1), 1), both = torch.cat([first, second]);
        ModulePlan plan = Plan(Shapes(first), Shapes(both));
        using TorchPass pass = model.Run(both, ForwardMode.Evaluation, plan);
        float[] cotangents = Cotangents((int)pass.Outputs.Count);
        pass.Cotangent.CopyFrom(cotangents);
        CaptureSet captures = pass.Backward();
        if (captures.Captures.Any(capture => capture.CouplingReason is not null))
        {
            return new CheckedPlan(plan, new CaptureReport([], Tolerance), pass.HeadInput is not null);
        }

        var reference = new double[2][][];
        int width = cotangents.Length / 2;
        reference[0] = Alone(first, cotangents[..width]);
        reference[1] = Alone(second, cotangents[width..]);
        return new CheckedPlan(plan, new CaptureReport(Compare(captures, reference), Tolerance), pass.HeadInput is not null);
    }

    private static ModulePlan Plan(ShapeRecording one, ShapeRecording two)
    {
        if (!one.Uses.Select(use => use.Use.Layer).SequenceEqual(two.Uses.Select(use => use.Use.Layer)))
        {
            throw new KernelCoreException("the module calls other layers for one sample than for two; what it calls must not depend on the data");
        }

        return new ModulePlan([.. one.Uses.Zip(two.Uses, (a, b) => (a.Use.Layer, Axis(a.Use, a.Output, b.Output)))]);
    }

    private static BatchAxis Axis(CaptureUse use, long[] one, long[] two)
    {
        BatchAxis axis = BatchAxis.Find(one, two) ?? throw new UnsupportedLayerException(
            use.Layer, $"its output grows from [{string.Join(", ", one)}] for one sample to [{string.Join(", ", two)}] for two; exactly one axis should count the samples");
        return use.AllowsAnyAxis || axis.IsFirst
            ? axis
            : throw new UnsupportedLayerException(use.Layer, $"its output is [{string.Join(", ", two)}] for two samples; the first axis should count the samples, and nothing else");
    }

    private static float[] Cotangents(int count) => [.. Enumerable.Range(0, count).Select(i => Philox.Normal(Seed, 0, (ulong)i))];

    private ShapeRecording Shapes(TorchTensor input)
    {
        var recording = new ShapeRecording();
        model.Call(input, ForwardMode.Evaluation, recording).Dispose();
        return recording;
    }

    /// <summary>The gradients of one sample, by parameter; null for frozen ones.</summary>
    private double[][] Alone(TorchTensor input, float[] cotangent)
    {
        using var scope = torch.NewDisposeScope();
        (int Index, TorchTensor Parameter)[] trainable = [.. _parameters.Trainable.Select(p => (p.Index, (TorchTensor)p.Parameter))];
        TorchTensor output = model.Call(input, ForwardMode.Evaluation);
        TorchTensor weights = torch.tensor(cotangent, output.shape).to(output.device);
        TorchTensor?[] gradients = Autograd.Gradients([output], [weights], [.. trainable.Select(p => p.Parameter)], keepGraph: false);
        var all = new double[_parameters.Values.Layout.Parameters.Count][];
        for (int i = 0; i < trainable.Length; i++)
        {
            all[trainable[i].Index] = ToDoubles(gradients[i], trainable[i].Parameter);
        }

        output.Dispose();
        return all;
    }

    private double[] ToDoubles(TorchTensor? gradient, TorchTensor parameter)
    {
        if (gradient is null)
        {
            return new double[parameter.NumberOfElements];
        }

        using TorchTensor dense = gradient.is_sparse ? gradient.to_dense() : gradient.alias();
        gradient.Dispose();
        return Array.ConvertAll(model.Memory.Read(dense).ToArray(), v => (double)v);
    }

    private List<ParameterError> Compare(CaptureSet captures, double[][][] reference)
    {
        double largest = reference.SelectMany(sample => sample).Where(g => g is not null).SelectMany(g => g).DefaultIfEmpty().Max(Math.Abs);
        var errors = new List<ParameterError>();
        foreach (var (index, _) in _parameters.Trainable)
        {
            ParameterInfo info = _parameters.Values.Layout.Parameters[index];
            float[] actual = Materialise(captures.Parameters.FirstOrDefault(p => p.Parameter == index), info);
            double error = 0, size = 0;
            for (int sample = 0, k = 0; sample < 2; sample++)
            {
                foreach (double expected in reference[sample][index])
                {
                    error = MaxOrNaN(error, Math.Abs(expected - actual[k++]));
                    size = Math.Max(size, Math.Abs(expected));
                }
            }

            size = Math.Max(size, Negligible * largest);
            errors.Add(new ParameterError(info.Name, size > 0 ? error / size : error));
        }

        return errors;
    }

    private static double MaxOrNaN(double left, double right) => double.IsNaN(right) ? right : Math.Max(left, right);

    private float[] Materialise(ParameterUses? uses, ParameterInfo parameter)
    {
        if (uses is null)
        {
            return new float[2 * parameter.Shape.Count];
        }

        // Rank 5 leaves no room for a sample axis; kernels count elements.
        using Tensor gradients = model.Device.Allocate([2, checked((int)parameter.Shape.Count)]);
        model.Device.Kernels.PerSample.Materialise(uses.Uses, uses.Role, gradients);
        return gradients.ToArray();
    }
}
