namespace KernelCore.Torch;

/// <summary>Where the samples are in the output of one use of a layer.</summary>
internal enum BatchAxisKind
{
    /// <summary>One axis counts the samples.</summary>
    Axis,

    /// <summary>The first axis counts samples times positions, sample by sample.</summary>
    Folded,

    /// <summary>None: the layer is applied to something that all samples share.</summary>
    None,
}

/// <summary>Where the samples are in the output of one use of a layer.</summary>
/// <param name="Kind">Which way they are arranged.</param>
/// <param name="Index">The axis, where one counts them.</param>
internal readonly record struct BatchAxis(BatchAxisKind Kind, int Index = 0)
{
    /// <summary>Whether the samples are on the first axis, alone.</summary>
    public bool IsFirst => Kind == BatchAxisKind.Axis && Index == 0;

    /// <summary>Compares the extents that one sample and two samples lead to.</summary>
    /// <returns>Null when no axis, or more than one, grows with the samples.</returns>
    public static BatchAxis? Find(long[] one, long[] two)
    {
        if (one.Length != two.Length)
        {
            return null;
        }

        int[] growing = [.. Enumerable.Range(0, one.Length).Where(axis => one[axis] != two[axis])];
        return growing switch
        {
            [] => new BatchAxis(BatchAxisKind.None),
            [var axis] when (one[axis], two[axis]) == (1, 2) => new BatchAxis(BatchAxisKind.Axis, axis),
            [0] when two[0] == 2 * one[0] => new BatchAxis(BatchAxisKind.Folded),
            _ => null,
        };
    }

    /// <summary>The tensor with the samples on a first axis of their own; a new handle.</summary>
    public TorchTensor SamplesFirst(TorchTensor tensor, int batch)
    {
        switch (Kind)
        {
            case BatchAxisKind.Axis:
                return torch.movedim(tensor, Index, 0);
            case BatchAxisKind.Folded:
                return tensor.reshape([batch, tensor.shape[0] / batch, .. tensor.shape[1..]]);
            default:
                return Spread(tensor, batch);
        }
    }

    /// <summary>Something all samples share, once for every sample: a first axis of extent 1 is theirs, otherwise there is a new one.</summary>
    public static TorchTensor Spread(TorchTensor tensor, int batch)
    {
        long[] shape = tensor.shape;
        return shape.Length > 0 && shape[0] == 1 ? tensor.expand([batch, .. shape[1..]]) : tensor.expand([batch, .. shape]);
    }
}
