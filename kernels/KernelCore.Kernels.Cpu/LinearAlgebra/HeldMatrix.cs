namespace KernelCore.Kernels.Cpu;

/// <summary>A matrix that stays as it is, prepared for products: packed whole, in every order that is asked for a second time, or by its nonzeros.</summary>
/// <remarks>What is asked for once, as by the only product at a point, takes neither memory nor time.</remarks>
internal sealed unsafe class HeldMatrix(CpuDevice device) : HeldContent
{
    // Lists have rows and terms as panels have, but nothing beside each other.
    private const int NonzeroWidth = 0;

    private readonly List<Order> _orders = [];

    /// <summary>What is held of a matrix; null unless it is held and has no gaps between its rows.</summary>
    public static HeldMatrix? Of(in Matrix matrix) => matrix.Stride == matrix.Columns ? Of(matrix.Tensor) : null;

    /// <summary>What is held of a tensor; null when it is not.</summary>
    public static HeldMatrix? Of(Tensor? tensor) => (HeldMatrix?)tensor?.Held;

    /// <summary>Panels [depth, width], one behind the other, that cover the extent; null when they are asked for the first time.</summary>
    /// <param name="width">Lanes of a panel.</param>
    /// <param name="extent">Lanes that the matrix has.</param>
    /// <param name="depth">Terms of a product.</param>
    /// <param name="source">Where the matrix begins.</param>
    /// <param name="stride">Floats between neighbours along the extent.</param>
    /// <param name="mustPack">Whether the caller has to fill them, all of them.</param>
    public float* Find(int width, int extent, int depth, float* source, nint stride, out bool mustPack)
    {
        Order order = Find(width, extent, depth, source, stride);
        mustPack = false;
        if (!order.IsAsked || (long)Parallelism.Chunks(extent, width) * width * depth > int.MaxValue)
        {
            // The first time, or more with its padding than a tensor can have.
            order.IsAsked = true;
            return null;
        }

        mustPack = !order.IsPacked;
        order.IsPacked = true;
        order.Panels ??= device.Allocate([Parallelism.Chunks(extent, width), depth, width]);
        return HostMemory.Of(order.Panels);
    }

    /// <summary>The left operand of a product as lists of its nonzeros; null when it is asked for the first time, or has too many.</summary>
    /// <param name="problem">The product.</param>
    /// <param name="blocks">Its terms.</param>
    /// <param name="width">Floats between rows of B in a block.</param>
    /// <param name="pool">Threads to share the work; null to stay on the calling thread.</param>
    public NonzeroLists? FindNonzeros(in GemmProblem problem, in TermBlocks blocks, int width, WorkerPool? pool)
    {
        Order order = Find(NonzeroWidth, problem.M, problem.K, problem.A, problem.RowA);
        if (!order.IsAsked)
        {
            order.IsAsked = true;
            return null;
        }

        order.Nonzeros ??= new NonzeroLists(device, problem.M, blocks, width);
        if (!order.IsPacked)
        {
            order.Nonzeros.Fill(problem.A, problem.RowA, problem.DepthA, pool);
            order.IsPacked = true;
        }

        return order.Nonzeros.IsSparse ? order.Nonzeros : null;
    }

    public override void Expire()
    {
        foreach (Order order in _orders)
        {
            (order.IsAsked, order.IsPacked) = (false, false);
        }
    }

    public override void Dispose()
    {
        foreach (Order order in _orders)
        {
            order.Panels?.Dispose();
            order.Nonzeros?.Dispose();
        }

        _orders.Clear();
    }

    private Order Find(int width, int extent, int depth, float* source, nint stride)
    {
        foreach (Order order in _orders)
        {
            if (order.Width == width && order.Extent == extent && order.Depth == depth && order.Source == source && order.Stride == stride)
            {
                return order;
            }
        }

        _orders.Add(new Order(width, extent, depth, source, stride));
        return _orders[^1];
    }

    private sealed class Order(int width, int extent, int depth, float* source, nint stride)
    {
        public int Width => width;

        public int Extent => extent;

        public int Depth => depth;

        public float* Source => source;

        public nint Stride => stride;

        public bool IsAsked { get; set; }

        public bool IsPacked { get; set; }

        public Tensor? Panels { get; set; }

        public NonzeroLists? Nonzeros { get; set; }
    }
}
