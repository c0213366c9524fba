namespace KernelCore.Kernels.Cpu;

/// <summary>A <see cref="LayerCapture"/> as numbers and addresses, so that the tasks of a parallel loop can share it.</summary>
internal unsafe struct CaptureView
{
    public CaptureKind Kind;

    /// <summary>T, positions per sample.</summary>
    public int Positions;

    /// <summary>Rows and columns of the weight as a matrix.</summary>
    public int Rows, Columns;

    /// <summary>One sample's backprop around the channel axis.</summary>
    public ChannelLayout Layout;

    /// <summary>Patch extraction; only of a convolution.</summary>
    public Im2Col Patches;

    public int PaddingIndex;
    public int* Indices;

    /// <summary>First elements of the batch; what a kind does not have is null.</summary>
    public float* Activation, Backprop, Output;

    /// <summary>Elements per sample of the activation and of the backprop (and output).</summary>
    public int ActivationSize, BackpropSize;

    public CaptureView(LayerCapture capture)
    {
        Kind = capture.Kind;
        Positions = capture.Positions;
        Rows = capture.WeightRows;
        Columns = capture.WeightColumns;
        Layout = capture.Layout;
        PaddingIndex = capture.PaddingIndex;
        Patches = capture.Geometry is null ? default : new Im2Col(capture.Geometry);
        Activation = HostMemory.Of(capture.Activation);
        Backprop = HostMemory.Of(capture.Backprop);
        Output = HostMemory.Of(capture.Output);
        Indices = HostMemory.Of(capture.Indices);
        if (capture.Batch > 0)
        {
            ActivationSize = capture.Activation is null ? 0 : (int)(capture.Activation.Count / capture.Batch);
            BackpropSize = (int)(capture.Backprop.Count / capture.Batch);
        }
    }

    /// <summary>Groups of channels that do not mix: 1, except in convolutions.</summary>
    public readonly int Groups => Kind == CaptureKind.Convolution ? Patches.Groups : 1;

    /// <summary>Activation of one sample.</summary>
    public readonly float* ActivationOf(int sample) => Activation + ((long)sample * ActivationSize);

    /// <summary>Backprop of one sample.</summary>
    public readonly float* BackpropOf(int sample) => Backprop + ((long)sample * BackpropSize);

    /// <summary>Row indices of one sample of a lookup.</summary>
    public readonly int* IndicesOf(int sample) => Indices + ((long)sample * Positions);
}
