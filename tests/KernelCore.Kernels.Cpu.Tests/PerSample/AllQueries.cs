using KernelCore.Conformance;
using KernelCore.Conformance.PerSample;

namespace KernelCore.Kernels.Cpu.Tests.PerSample;

/// <summary>Every query that a case admits, on memory allocated beforehand, so that runs can be counted and compared.</summary>
internal sealed class AllQueries
{
    private readonly IPerSampleKernels _kernels;
    private readonly LayerCapture[] _uses;
    private readonly ParameterRole _role;
    private readonly Tensor _direction, _coefficients, _perSample, _other, _gram, _parameter, _all;
    private readonly List<float> _results = [];

    public AllQueries(CpuDevice device, string name, ParameterRole role, int batch)
    {
        _kernels = device.Kernels.PerSample;
        _role = role;
        _uses = CaptureCases.Build(device, name, batch);
        int count = role == ParameterRole.Bias ? _uses[0].Layout.Channels : (int)_uses[0].WeightShape.Count;
        _direction = device.Allocate([count], TestNumbers.Normal(31, count));
        _coefficients = device.Allocate([batch], TestNumbers.Normal(32, batch));
        _perSample = device.Allocate([batch]);
        _other = device.Allocate([batch]);
        _gram = device.Allocate([batch, batch]);
        _parameter = device.Allocate([count]);
        _all = device.Allocate([batch, count]);
    }

    /// <summary>Runs all queries.</summary>
    /// <param name="keep">Whether to copy the results; copying allocates.</param>
    public List<float> Run(bool keep)
    {
        _results.Clear();
        Norms(NormFormula.Direct, keep);
        if (_uses is [{ Kind: CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.Lookup }])
        {
            Norms(NormFormula.Gram, keep);
        }

        if (_uses is [{ Kind: CaptureKind.Linear, Positions: 1 }])
        {
            Norms(NormFormula.RankOne, keep);
        }

        _kernels.Dots(_uses, _role, _direction, _perSample);
        Keep(_perSample, keep);
        if (_uses[0].Output is not null)
        {
            _kernels.OutputDots(_uses, _perSample);
            Keep(_perSample, keep);
        }

        if (_role == ParameterRole.Weight && _uses is [{ Kind: CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.ScaleShift } use])
        {
            _kernels.Alignment(use, NormFormula.Direct, _direction, new LayerAlignment { WeightNorms = _perSample, BiasNorms = _other });
            Keep(_perSample, keep);
            Keep(_other, keep);
        }

        _kernels.Gram(_uses, _uses, _role, accumulate: false, _gram);
        Keep(_gram, keep);
        _kernels.WeightedSum(_uses, _role, null, 0, _parameter);
        Keep(_parameter, keep);
        _kernels.WeightedSum(_uses, _role, _coefficients, 0.5f, _parameter);
        Keep(_parameter, keep);
        _kernels.SquaredSum(_uses, _role, 0.5f, 0, _parameter);
        Keep(_parameter, keep);
        _kernels.Materialise(_uses, _role, _all);
        Keep(_all, keep);
        return _results;
    }

    private void Norms(NormFormula formula, bool keep)
    {
        _kernels.SquaredNorms(_uses, _role, formula, _perSample);
        Keep(_perSample, keep);
    }

    private void Keep(Tensor tensor, bool keep)
    {
        if (keep)
        {
            _results.AddRange(tensor.Span);
        }
    }
}
