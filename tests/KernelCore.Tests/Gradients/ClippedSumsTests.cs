using KernelCore.Conformance;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Tests.Models;

namespace KernelCore.Tests.Gradients;

/// <summary>Clip and sum where gradients are kept for blocks of samples.</summary>
public sealed class ClippedSumsTests : IDisposable
{
    private const int Samples = 37;

    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Agrees_with_the_gradients_themselves(bool withBias)
    {
        using var network = new Network(_device, Layers(withBias), seed: 3);
        using Batch batch = Images(Samples);
        using var norms = new PerSampleEngine(network, new GradientQuery { Cosines = true, Materialise = true });
        GradientResult truth = norms.Evaluate(batch, Loss.CrossEntropy);
        float[] squared = truth.SquaredNorms!.Total.ToArray();
        double clip = Math.Sqrt(squared.Order().ElementAt(Samples / 2));

        using var engine = new PerSampleEngine(network, new GradientQuery { Cosines = true, ClipNorm = clip });
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
        AssertClose.Equal(squared.Select(n => (double)n), result.SquaredNorms!.Total.ToArray(), 1e-5, "norms");
        AssertClose.Equal(DoubleArrays.Widen(truth.Cosines!.ByParameter), result.Cosines!.ByParameter.ToArray(), 1e-5, "cosines", 1);
        double[] coefficients = [.. squared.Select(n => Math.Min(1, clip / Math.Sqrt(n)))];
        AssertClose.Equal(coefficients, result.ClipCoefficients!.ToArray(), 1e-5, "coefficients");
        for (int k = 0; k < network.Parameters.Layout.Parameters.Count; k++)
        {
            float[] gradients = truth.Gradients![k].ToArray(), sum = result.ClippedSum![k].ToArray();
            var expected = new double[sum.Length];
            for (int e = 0; e < gradients.Length; e++)
            {
                expected[e % sum.Length] += coefficients[e / sum.Length] * gradients[e];
            }

            AssertClose.Equal(expected, sum, 1e-5, network.Parameters.Layout.Parameters[k].Name);
        }
    }

    [Fact]
    public void Blocks_stay_below_eight_mebibytes_and_serve_every_batch_size()
    {
        using var device = new CountingDevice(_device);
        using var network = new Network(device, Layers(bias: true), seed: 3);
        using var engine = new PerSampleEngine(network, new GradientQuery { ClipNorm = 1e9, Sum = true });
        foreach (int samples in (int[])[0, 1, Samples, 5, Samples])
        {
            using Batch batch = Images(samples, device);
            _ = network.Forward(batch, ForwardMode.Evaluation).Cotangent;
            device.Largest = 0;
            GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
            Assert.InRange(device.Largest, 0, 1 << 21);
            AssertClose.Equal(DoubleArrays.Widen(result.Sum!.Flat), result.ClippedSum!.Flat.ToArray(), 1e-5, $"{samples} samples");
        }
    }

    /// <summary>
    /// A normalisation and convolutions that form gradients. Of one sample 83,376 numbers are kept with bias, so that 25 samples fit
    /// in a block; the third convolution alone has 147,456 and is left out.
    /// </summary>
    private static Layer[] Layers(bool bias) =>
    [
        new Conv2d(2, 16, 3, Padding: 1, Bias: bias), new ReLU(), new GroupNorm(4, 16),
        new Conv2d(16, 64, 3, Padding: 1, Bias: bias), new ReLU(),
        new Conv2d(64, 256, 3, Padding: 1, Bias: bias), new ReLU(),
        new Conv2d(256, 32, 3, Padding: 1, Stride: 2, Bias: bias), new GlobalAvgPool2d(), new Flatten(), new Linear(32, 5, bias),
    ];

    private Batch Images(int samples, Device? device = null)
    {
        device ??= _device;
        IndexTensor labels = device.AllocateIndices([samples]);
        labels.CopyFrom([.. Enumerable.Range(0, samples).Select(i => i % 5)]);
        return new Batch { Features = device.Allocate([samples, 2, 12, 12], TestNumbers.Normal(1, samples * 2 * 144)), Labels = labels };
    }
}
