namespace KernelCore.Kernels.Ilgpu;

/// <summary>What a thread loads to go through a row.</summary>
internal interface IRowPass
{
    /// <summary>Words that a thread has under way at a time: 1, 2 or 4. Fewer where each takes many registers or much work.</summary>
    static virtual int Ahead => 4;

    /// <summary>Loads what belongs to some neighbouring elements.</summary>
    /// <param name="at">Which word of a matrix that has such rows.</param>
    /// <param name="column">Which word of a vector that all rows share.</param>
    Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord>;
}

/// <summary>What is done with every element of a row, apart from its neighbours; a struct that keeps what it sums.</summary>
internal interface IRowSum : IRowPass
{
    /// <summary>Takes one element.</summary>
    void Take(int column, Operands<float> x);
}

/// <summary>The same with results that are stored.</summary>
internal interface IRowMap : IRowPass
{
    /// <summary>Makes one element's results.</summary>
    Operands<float> Take(int column, Operands<float> x);

    /// <summary>Stores those of some neighbouring elements.</summary>
    void Store<TWord>(int at, Operands<TWord> results)
        where TWord : struct, IWord<TWord>;
}
