using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>x_i y_i, both [rows, length].</summary>
internal struct ProductTerm : ITerm
{
    public ArrayView<float> X, Y;

    public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y);

    public readonly double At(int row, RowWalk at) => at.Load(X).Dot(at.Load(Y));
}

/// <summary>x_i v_i, x [rows, length], the same v for all rows.</summary>
internal struct DirectionTerm : ITerm
{
    public ArrayView<float> X, V;

    public readonly bool IsAligned => DeviceMemory.AreAligned(X, V);

    public readonly double At(int row, RowWalk at) => at.Load(X).Dot(at.LoadShared(V));
}

/// <summary>g x v_c around the channel axis; g v_c where there is no x.</summary>
internal struct ChannelTerm : ITerm
{
    public ArrayView<float> Backprop, X, V;
    public int Channels, Inner;

    public readonly bool IsAligned => DeviceMemory.AreAligned(Backprop, X);

    public readonly double At(int row, RowWalk at)
    {
        Double4 g = at.Load(Backprop);
        return (X.Length == 0 ? g : g * at.Load(X)).Dot(at.LoadChannels(V, Channels, Inner));
    }
}

/// <summary>g (z - b) around the channel axis.</summary>
internal struct OutputTerm : ITerm
{
    public ArrayView<float> Backprop, Output, Bias;
    public int Channels, Inner;

    public readonly bool IsAligned => DeviceMemory.AreAligned(Backprop, Output);

    public readonly double At(int row, RowWalk at)
    {
        Double4 z = at.Load(Output);
        return (Bias.Length == 0 ? z : z - at.LoadChannels(Bias, Channels, Inner)).Dot(at.Load(Backprop));
    }
}

/// <summary>Sums of parts of a row.</summary>
internal struct PartialTerm : ITerm, IElementTerm
{
    public ArrayView<double> Partials;
    public int Length;

    public readonly bool IsAligned => false;

    public readonly double At(int row, RowWalk at) => at.Sum(this, row);

    public readonly double At(int row, int i) => Partials[(row * Length) + i];
}

/// <summary>g times the element of V that its position looks up; 0 at padding positions.</summary>
internal struct LookupTerm : ITerm, IElementTerm
{
    public ArrayView<float> Backprop, V;
    public ArrayView<int> Indices;
    public int Length, Width, PaddingIndex;

    public readonly bool IsAligned => false;

    public readonly double At(int row, RowWalk at) => at.Sum(this, row);

    public readonly double At(int row, int i)
    {
        int k = (row * Length) + i, index = Indices[k / Width];
        return index == PaddingIndex ? 0 : (double)Backprop[k] * V[(index * Width) + (k % Width)];
    }
}

/// <summary>g z of the output z of a lookup; 0 at padding positions.</summary>
internal struct LookupOutputTerm : ITerm, IElementTerm
{
    public ArrayView<float> Backprop, Output;
    public ArrayView<int> Indices;
    public int Length, Width, PaddingIndex;

    public readonly bool IsAligned => false;

    public readonly double At(int row, RowWalk at) => at.Sum(this, row);

    public readonly double At(int row, int i)
    {
        int k = (row * Length) + i;
        return Indices[k / Width] == PaddingIndex ? 0 : (double)Backprop[k] * Output[k];
    }
}

/// <summary>For position t of one lookup: the dots of its backprop with those of another lookup's positions that have the same index.</summary>
internal struct LookupPairTerm : ITerm, IElementTerm
{
    public ArrayView<float> Left, Right;
    public ArrayView<int> LeftIndices, RightIndices;
    public int LeftPositions, RightPositions, Width, LeftPadding, RightPadding;

    public readonly bool IsAligned => false;

    public readonly double At(int row, RowWalk at) => at.Sum(this, row);

    public readonly double At(int row, int i)
    {
        int t = (row * LeftPositions) + (i / Width), column = i % Width, index = LeftIndices[t];
        double g = Left[(t * Width) + column], sum = 0;
        if (index != LeftPadding & index != RightPadding)
        {
            for (int s = row * RightPositions; s < (row + 1) * RightPositions; s++)
            {
                sum += RightIndices[s] == index ? Right[(s * Width) + column] : 0;
            }

            sum *= g;
        }

        return sum;
    }
}
