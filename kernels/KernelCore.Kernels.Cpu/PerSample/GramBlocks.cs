using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>A Gram matrix between two sets of samples in square blocks; of a symmetric one, the blocks on and above the diagonal.</summary>
internal readonly unsafe struct GramBlocks
{
    private readonly float* _gram;
    private readonly int _rows, _columns, _height, _width, _across;
    private readonly bool _symmetric;

    /// <param name="gram">[rows, columns].</param>
    /// <param name="rows">Samples of the left set.</param>
    /// <param name="columns">Samples of the right set.</param>
    /// <param name="height">Rows of a block.</param>
    /// <param name="width">Columns of a block; the height when symmetric.</param>
    /// <param name="symmetric">Whether the sets are the same.</param>
    public GramBlocks(float* gram, int rows, int columns, int height, int width, bool symmetric)
    {
        _gram = gram;
        (_rows, _columns, _height, _width, _symmetric) = (rows, columns, height, width, symmetric);
        _across = Parallelism.Chunks(columns, width);
        int down = Parallelism.Chunks(rows, height);
        Count = symmetric ? down * (down + 1) / 2 : down * _across;
    }

    /// <summary>Number of blocks.</summary>
    public int Count { get; }

    public Tile this[int index]
    {
        get
        {
            int down = 0, across = index;
            if (_symmetric)
            {
                for (int length = _across; across >= length; length--, down++)
                {
                    across -= length;
                }

                across += down;
            }
            else
            {
                (down, across) = Math.DivRem(index, _across);
            }

            int row = down * _height, column = across * _width;
            return new Tile(row, column, Math.Min(_height, _rows - row), Math.Min(_width, _columns - column));
        }
    }

    /// <summary>First column of a block's row i that is computed, not mirrored.</summary>
    public int FirstOwned(in Tile block, int i) => _symmetric ? Math.Clamp(block.Row + i - block.Column, 0, block.Columns) : 0;

    /// <summary>Writes or adds one owned element of a block and, when symmetric, its mirror image.</summary>
    public void Put(in Tile block, int i, int j, float value, bool accumulate)
    {
        int row = block.Row + i, column = block.Column + j;
        Put(row, column, value, accumulate);
        if (_symmetric && row != column)
        {
            Put(column, row, value, accumulate);
        }
    }

    /// <summary>Writes or adds the owned elements of a block, row by row, and, when symmetric, their mirror images.</summary>
    public void Put(in Tile block, float* values, bool accumulate)
    {
        for (int i = 0; i < block.Rows; i++)
        {
            PutRow(block, i, values + ((long)i * block.Columns), accumulate);
        }
    }

    /// <summary>Writes or adds the owned elements of one row of a block and, when symmetric, their mirror images.</summary>
    public void PutRow(in Tile block, int i, float* values, bool accumulate)
    {
        int first = FirstOwned(block, i), row = block.Row + i, column = block.Column + first;
        var source = new ReadOnlySpan<float>(values + first, block.Columns - first);
        var target = new Span<float>(_gram + ((long)row * _columns) + column, source.Length);
        if (accumulate)
        {
            TensorPrimitives.Add(source, target, target);
        }
        else
        {
            source.CopyTo(target);
        }

        for (int j = row == column ? 1 : 0; _symmetric && j < source.Length; j++)
        {
            Put(column + j, row, source[j], accumulate);
        }
    }

    private void Put(int row, int column, float value, bool accumulate)
    {
        float* element = _gram + ((long)row * _columns) + column;
        *element = accumulate ? *element + value : value;
    }
}
