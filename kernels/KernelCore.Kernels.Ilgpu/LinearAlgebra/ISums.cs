namespace KernelCore.Kernels.Ilgpu;

/// <summary>The elements of a tile that one thread computes: 4 x 4 of each of its squares of 4 Side x 4 Side, which lie in Reach rows and columns.</summary>
internal interface ISums<TSelf>
    where TSelf : struct, ISums<TSelf>
{
    static abstract int Reach { get; }

    /// <inheritdoc cref="IGridKernel.GroupsEach"/>
    static abstract int GroupsEach { get; }

    /// <summary>This o other.</summary>
    TSelf Times(TSelf other);

    /// <summary>Hands every square to a sink, as far as the matrix goes; all threads of the group come along.</summary>
    void HandTo<TTile, TSink>(TSink sink, TileFrame frame)
        where TTile : struct, ITile
        where TSink : struct, ISink;
}
