namespace KernelCore.Kernels.Cpu;

/// <summary>f of a range of rows and columns of a product: the operation of <see cref="ILayerKernels.Activation"/> on the runs that lie contiguous.</summary>
internal readonly unsafe struct GemmActivation : IActivationUse
{
    private readonly float* _from, _to;
    private readonly nint _runs, _length, _fromStride, _toStride;
    private readonly float _slope;

    public GemmActivation(in GemmProblem problem, int row, int rows, int column, int columns)
    {
        _from = problem.C + (row * problem.RowC) + (column * problem.ColumnC);
        _to = problem.Activated + (row * problem.RowActivated) + (column * problem.ColumnActivated);
        _slope = problem.Slope;
        bool byRows = problem.ColumnC == 1 && problem.ColumnActivated == 1;
        (_runs, _length) = byRows ? (rows, columns) : (columns, rows);
        (_fromStride, _toStride) = byRows ? (problem.RowC, problem.RowActivated) : (problem.ColumnC, problem.ColumnActivated);
        if (_fromStride == _length && _toStride == _length)
        {
            (_runs, _length) = (1, _runs * _length);
        }
    }

    public void With<TFunction>()
        where TFunction : struct, IActivation
    {
        for (nint run = 0; run < _runs; run++)
        {
            Elementwise.Run(0, _length, new ActivationPass<TFunction> { X = _from + (run * _fromStride), Y = _to + (run * _toStride), Slope = _slope });
        }
    }
}
