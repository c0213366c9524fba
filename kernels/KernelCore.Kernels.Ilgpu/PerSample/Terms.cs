using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>x_i y_i, both [rows, length].</summary>
internal struct ProductTerm : ITerm
{
    public ArrayView<float> X, Y;

    public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(X, at), TWord.Load(Y, at));

    public readonly double At(int row, int column, Operands<float> x) => (double)x.A * x.B;
}

/// <summary>x_i v_i, x [rows, length], the same v for all rows.</summary>
internal struct DirectionTerm : ITerm
{
    public ArrayView<float> X, V;

    public readonly bool IsAligned => DeviceMemory.AreAligned(X, V);

    public static bool Shares => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(X, at), TWord.Load(V, column));

    public readonly double At(int row, int column, Operands<float> x) => (double)x.A * x.B;
}

/// <summary>g x v_c around the channel axis; g v_c where there is no x.</summary>
internal struct ChannelTerm : ITerm
{
    public ArrayView<float> Backprop, X, V;
    public ChannelAxis Channels;

    public readonly bool IsAligned => DeviceMemory.AreAligned(Backprop, X);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(Backprop, at), X.Length == 0 ? TWord.Broadcast(1) : TWord.Load(X, at));

    public readonly double At(int row, int column, Operands<float> x) => (double)x.A * x.B * V[Channels.Of(column)];
}

/// <summary>g (z - b) around the channel axis.</summary>
internal struct OutputTerm : ITerm
{
    public ArrayView<float> Backprop, Output, Bias;
    public ChannelAxis Channels;

    public readonly bool IsAligned => DeviceMemory.AreAligned(Backprop, Output);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(Output, at), TWord.Load(Backprop, at));

    public readonly double At(int row, int column, Operands<float> x) => (x.A - (Bias.Length == 0 ? 0.0 : Bias[Channels.Of(column)])) * x.B;
}

/// <summary>Sums of parts of a row.</summary>
internal struct PartialTerm : ITerm
{
    public ArrayView<double> Partials;
    public int Length;

    public readonly bool IsAligned => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => default;

    public readonly double At(int row, int i, Operands<float> x) => Partials[(row * Length) + i];
}

/// <summary>g times the element of V that its position looks up; 0 at padding positions.</summary>
internal struct LookupTerm : ITerm
{
    public ArrayView<float> Backprop, V;
    public ArrayView<int> Indices;
    public Divisor Width;
    public int Length, PaddingIndex;

    public readonly bool IsAligned => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => default;

    public readonly double At(int row, int i, Operands<float> x)
    {
        int k = (row * Length) + i, position = Width.Quotient(k), index = Indices[position];
        return index == PaddingIndex ? 0 : (double)Backprop[k] * V[(index * Width.Value) + Width.Remainder(k, position)];
    }
}

/// <summary>g z of the output z of a lookup; 0 at padding positions.</summary>
internal struct LookupOutputTerm : ITerm
{
    public ArrayView<float> Backprop, Output;
    public ArrayView<int> Indices;
    public Divisor Width;
    public int Length, PaddingIndex;

    public readonly bool IsAligned => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => default;

    public readonly double At(int row, int i, Operands<float> x)
    {
        int k = (row * Length) + i;
        return Indices[Width.Quotient(k)] == PaddingIndex ? 0 : (double)Backprop[k] * Output[k];
    }
}

/// <summary>For position t of one lookup: the dots of its backprop with those of another lookup's positions that have the same index.</summary>
internal struct LookupPairTerm : ITerm
{
    public ArrayView<float> Left, Right;
    public ArrayView<int> LeftIndices, RightIndices;
    public Divisor Width;
    public int LeftPositions, RightPositions, LeftPadding, RightPadding;

    public readonly bool IsAligned => false;

    public static int Ahead => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => default;

    public readonly double At(int row, int i, Operands<float> x)
    {
        int position = Width.Quotient(i), t = (row * LeftPositions) + position, column = Width.Remainder(i, position), index = LeftIndices[t];
        double g = Left[(t * Width.Value) + column], sum = 0;
        if (index != LeftPadding & index != RightPadding)
        {
            for (int s = row * RightPositions; s < (row + 1) * RightPositions; s++)
            {
                sum += RightIndices[s] == index ? Right[(s * Width.Value) + column] : 0;
            }

            sum *= g;
        }

        return sum;
    }
}
