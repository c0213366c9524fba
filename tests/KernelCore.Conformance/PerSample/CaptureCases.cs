using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary>The parameters that every per-sample query is tested on: all kinds, and the shapes that other libraries get wrong.</summary>
public static class CaptureCases
{
    private static readonly Dictionary<string, CaptureSpec[]> Cases = new()
    {
        ["linear on vectors"] = [CaptureSpec.Linear(1, 17, 33)],
        ["linear 1 x 1"] = [CaptureSpec.Linear(1, 1, 1)],
        ["linear with one output"] = [CaptureSpec.Linear(5, 1, 19)],
        ["linear with one input"] = [CaptureSpec.Linear(5, 23, 1)],
        ["linear without positions"] = [CaptureSpec.Linear(0, 3, 4)],
        ["linear on sequences, primes"] = [CaptureSpec.Linear(7, 13, 11)],
        ["linear on sequences one longer than a block"] = [CaptureSpec.Linear(65, 4, 6)],
        ["linear on 17 positions"] = [CaptureSpec.Linear(17, 6, 5)],
        ["linear on images (4-D input)"] = [CaptureSpec.Linear(6 * 5, 8, 16)],
        ["linear on long sequences"] = [CaptureSpec.Linear(131, 5, 19)],
        ["linear on very long sequences"] = [CaptureSpec.Linear(1000, 3, 4)],
        ["linear of several tiles"] = [CaptureSpec.Linear(3, 70, 1100)],
        ["linear on vectors of several tiles"] = [CaptureSpec.Linear(1, 300, 259)],
        ["same linear twice"] = [CaptureSpec.Linear(3, 6, 9), CaptureSpec.Linear(5, 6, 9)],
        ["same linear on vectors twice"] = [CaptureSpec.Linear(1, 6, 9), CaptureSpec.Linear(1, 6, 9)],
        ["convolution 3 x 3"] = [CaptureSpec.Convolution(3, 5, 8, 7, 3, 3, padTop: 1, padLeft: 1)],
        ["convolution 1 x 1"] = [CaptureSpec.Convolution(6, 5, 5, 3, 1, 1)],
        ["convolution 1 x 1, stride 2"] = [CaptureSpec.Convolution(6, 5, 5, 7, 1, 1, stride: 2)],
        ["grouped convolution"] = [CaptureSpec.Convolution(6, 9, 6, 6, 3, 3, groups: 3, padTop: 1, padLeft: 1)],
        ["depthwise convolution"] = [CaptureSpec.Convolution(7, 7, 6, 5, 3, 3, groups: 7, padTop: 1, padLeft: 1)],
        ["convolution with stride and dilation"] = [CaptureSpec.Convolution(2, 3, 11, 13, 3, 2, stride: 2, padTop: 2, padLeft: 1, dilation: 2)],
        ["convolution with asymmetric padding"] = [CaptureSpec.Convolution(2, 3, 5, 5, 4, 4, padTop: 1, padLeft: 2, extraBottom: 1)],
        ["convolution wider than its image"] = [CaptureSpec.Convolution(2, 3, 2, 3, 5, 7, padTop: 2, padLeft: 3)],
        ["convolution 1-D"] = [CaptureSpec.Convolution(3, 4, 1, 29, 1, 5, stride: 3, padLeft: 2)],
        ["convolution of many positions"] = [CaptureSpec.Convolution(5, 2, 33, 31, 3, 3, padTop: 1, padLeft: 1)],
        ["grouped convolution of several tiles"] = [CaptureSpec.Convolution(32, 512, 2, 2, 3, 3, groups: 2, padTop: 1, padLeft: 1)],
        ["same convolution twice"] =
        [
            CaptureSpec.Convolution(3, 4, 6, 5, 3, 3, padTop: 1, padLeft: 1), CaptureSpec.Convolution(3, 4, 3, 4, 3, 3, padTop: 1, padLeft: 1),
        ],
        ["lookup"] = [CaptureSpec.Lookup(9, 5, 13)],
        ["lookup with padding"] = [CaptureSpec.Lookup(9, 5, 13) with { PaddingIndex = 2 }],
        ["lookup of broadcast positions"] = [CaptureSpec.Lookup(9, 11, 6) with { SameIndices = true }],
        ["lookup in a large table"] = [CaptureSpec.Lookup(3, 1500, 67) with { PaddingIndex = 0 }],
        ["lookup without positions"] = [CaptureSpec.Lookup(0, 4, 3)],
        ["same lookup twice"] = [CaptureSpec.Lookup(4, 3, 5) with { PaddingIndex = 1 }, CaptureSpec.Lookup(6, 3, 5)],
        ["tied lookup and linear"] = [CaptureSpec.Lookup(6, 12, 7), CaptureSpec.Linear(6, 12, 7)],
        ["tied lookup with padding and linear"] = [CaptureSpec.Lookup(6, 12, 7) with { PaddingIndex = 3 }, CaptureSpec.Linear(1, 12, 7)],
        ["layer norm"] = [CaptureSpec.ScaleShift(11, 18, 1)],
        ["layer norm on vectors"] = [CaptureSpec.ScaleShift(1, 37, 1)],
        ["layer norm of several blocks"] = [CaptureSpec.ScaleShift(17, 132, 1)],
        ["group norm"] = [CaptureSpec.ScaleShift(1, 6, 35)],
        ["norm with channels in the middle"] = [CaptureSpec.ScaleShift(3, 5, 4)],
        ["same norm twice"] = [CaptureSpec.ScaleShift(2, 6, 1), CaptureSpec.ScaleShift(5, 6, 1)],
        ["broadcast"] = [CaptureSpec.Broadcast(5, 6)],
        ["broadcast of several blocks"] = [CaptureSpec.Broadcast(37, 61)],
    };

    /// <summary>Names of all cases.</summary>
    public static IEnumerable<string> Names => Cases.Keys;

    /// <summary>The uses of a case.</summary>
    public static CaptureSpec[] Specs(string name) => Cases[name];

    /// <summary>The parameters a case has: a bias where each use is a layer that can have one.</summary>
    public static ParameterRole[] Roles(string name) =>
        Specs(name).All(use => use.Kind is CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.ScaleShift)
            ? [ParameterRole.Weight, ParameterRole.Bias]
            : [ParameterRole.Weight];

    /// <summary>Random captures of a case.</summary>
    /// <param name="device">Where the tensors live.</param>
    /// <param name="name">Case.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="stream">Which random numbers.</param>
    public static LayerCapture[] Build(Device device, string name, int batch, ulong stream = 1) =>
        [.. Specs(name).Select((use, index) => use.Build(device, batch, (stream * 16) + (ulong)index))];
}
