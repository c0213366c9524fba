using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>x_i y_i, both [rows, length].</summary>
internal struct ProductTerm : ITerm
{
    public ArrayView<float> X, Y;
    public int Length;

    public readonly double At(int row, int i) => (double)X[(row * Length) + i] * Y[(row * Length) + i];
}

/// <summary>Sums of parts of a row.</summary>
internal struct PartialTerm : ITerm
{
    public ArrayView<double> Partials;
    public int Length;

    public readonly double At(int row, int i) => Partials[(row * Length) + i];
}

/// <summary>x_i v_i, x [rows, length], the same v for all rows.</summary>
internal struct DirectionTerm : ITerm
{
    public ArrayView<float> X, V;
    public int Length;

    public readonly double At(int row, int i) => (double)X[(row * Length) + i] * V[i];
}

/// <summary>g x v_c around the channel axis; g v_c where there is no x.</summary>
internal struct ChannelTerm : ITerm
{
    public ArrayView<float> Backprop, X, V;
    public int Length, Channels, Inner;

    public readonly double At(int row, int i)
    {
        int k = (row * Length) + i;
        double g = Backprop[k];
        return (X.Length == 0 ? g : g * X[k]) * V[i / Inner % Channels];
    }
}

/// <summary>g times the element of V that its position looks up; 0 at padding positions.</summary>
internal struct LookupTerm : ITerm
{
    public ArrayView<float> Backprop, V;
    public ArrayView<int> Indices;
    public int Length, Width, PaddingIndex;

    public readonly double At(int row, int i)
    {
        int k = (row * Length) + i, index = Indices[k / Width];
        return index == PaddingIndex ? 0 : (double)Backprop[k] * V[(index * Width) + (k % Width)];
    }
}

/// <summary>g (z - b) around the channel axis; 0 at padding positions of a lookup.</summary>
internal struct OutputTerm : ITerm
{
    public ArrayView<float> Backprop, Output, Bias;
    public ArrayView<int> Indices;
    public int Length, Channels, Inner, PaddingIndex;

    public readonly double At(int row, int i)
    {
        int k = (row * Length) + i;
        if (Indices.Length > 0 && Indices[k / Channels] == PaddingIndex)
        {
            return 0;
        }

        double z = Output[k];
        return Backprop[k] * (Bias.Length == 0 ? z : z - Bias[i / Inner % Channels]);
    }
}

/// <summary>For position t of one lookup: the dots of its backprop with those of another lookup's positions that have the same index.</summary>
internal struct LookupPairTerm : ITerm
{
    public ArrayView<float> Left, Right;
    public ArrayView<int> LeftIndices, RightIndices;
    public int LeftPositions, RightPositions, Width, LeftPadding, RightPadding;

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
