using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Every row becomes its softmax; the normaliser is a double sum.</summary>
internal struct Softmax : IRow
{
    public ArrayView<float> Scores;
    public RowLayout Rows;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
        float max = LogitRow.Max(walk, Scores);
        double sum = TWarp.Sum(walk.Map(new Exponentials { Scores = Scores, Max = max }).Sum);
        walk.Map(new RowScale { X = Scores, Factor = (float)(1 / sum) });
    }

    private struct Exponentials : IRowMap
    {
        public ArrayView<float> Scores;
        public float Max;
        public double Sum;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Scores, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Operands<float> Take(int column, Operands<float> x)
        {
            float e = LogitRow.Exp(x.A, Max);
            Sum += e;
            return new(e);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<TWord>(int at, Operands<TWord> results)
            where TWord : struct, IWord<TWord> => TWord.Store(Scores, at, results.A);
    }
}

/// <summary>The Jacobian of the softmax times a vector, row by row and in place: v = p o (v - p . v).</summary>
internal struct SoftmaxJacobian : IRow
{
    public ArrayView<float> Probabilities, Vectors;
    public RowLayout Rows;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
        double sum = TWarp.Sum(walk.Sum(new DotSum { X = Probabilities, Y = Vectors }).Total);
        walk.Map(new Centered { Probabilities = Probabilities, Vectors = Vectors, Mean = (float)sum });
    }

    private struct Centered : IRowMap
    {
        public ArrayView<float> Probabilities, Vectors;
        public float Mean;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Probabilities, at), TWord.Load(Vectors, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<float> Take(int column, Operands<float> x) => new(x.A * (x.B - Mean));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<TWord>(int at, Operands<TWord> results)
            where TWord : struct, IWord<TWord> => TWord.Store(Vectors, at, results.A);
    }
}
