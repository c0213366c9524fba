using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Names for the blocks of scratch memory that one thread may hold at the same time.</summary>
internal enum ScratchSlot
{
    /// <summary>Left operand of a product in panels. Belongs to the GEMM: any product overwrites it.</summary>
    PackedA,

    /// <summary>Right operand of a product in panels, and a tile of the result. Belongs to the GEMM: any product overwrites it.</summary>
    PackedB,

    /// <summary>Dots of rows of a product, by panel of columns. Belongs to the GEMM: any product overwrites it.</summary>
    RowDots,

    /// <summary>Patches of one sample and group: the result of im2col.</summary>
    Patches,

    /// <summary>One sample's gradient, or a tile of it.</summary>
    Gradient,

    /// <summary>A kernel's own left operand.</summary>
    Left,

    /// <summary>A kernel's own right operand.</summary>
    Right,

    /// <summary>A kernel's own product.</summary>
    Product,

    /// <summary>A kernel's own running sums.</summary>
    Sums,
}

/// <summary>
/// Working memory of one thread: a 64-byte aligned native block per slot, grown on demand and kept for the next call,
/// so that kernels in steady state allocate nothing and touch no fresh pages.
/// </summary>
/// <remarks>
/// The content is undefined. A block stays valid until the same thread asks for the same slot again; a kernel that
/// calls another one must not hold a slot which that one uses.
/// </remarks>
internal sealed unsafe class Scratch : IDisposable
{
    private const nuint Alignment = 64;
    private static readonly int Slots = Enum.GetValues<ScratchSlot>().Length;

    [ThreadStatic]
    private static Scratch? t_current;

    private readonly void*[] _blocks = new void*[Slots];
    private readonly nuint[] _bytes = new nuint[Slots];

    ~Scratch() => Free();

    /// <summary>
    /// Scratch of the calling thread: inside a parallel loop the same as <see cref="CpuDevice.Scratch"/> of its worker.
    /// </summary>
    public static Scratch Current => t_current ??= new Scratch();

    /// <summary>At least <paramref name="count"/> floats.</summary>
    public float* Floats(ScratchSlot slot, long count) => (float*)Bytes(slot, checked((nuint)count * sizeof(float)));

    /// <summary>At least <paramref name="count"/> doubles.</summary>
    public double* Doubles(ScratchSlot slot, long count) => (double*)Bytes(slot, checked((nuint)count * sizeof(double)));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes this the scratch of the calling thread and returns what was.</summary>
    internal static Scratch? Exchange(Scratch? scratch)
    {
        Scratch? previous = t_current;
        t_current = scratch;
        return previous;
    }

    private void* Bytes(ScratchSlot slot, nuint bytes)
    {
        int index = (int)slot;
        if (_bytes[index] < bytes)
        {
            Grow(index, bytes);
        }

        return _blocks[index];
    }

    private void Grow(int index, nuint bytes)
    {
        NativeMemory.AlignedFree(_blocks[index]);
        _blocks[index] = null;
        _blocks[index] = NativeMemory.AlignedAlloc(bytes, Alignment);
        _bytes[index] = bytes;
    }

    private void Free()
    {
        for (int i = 0; i < _blocks.Length; i++)
        {
            NativeMemory.AlignedFree(_blocks[i]);
            _blocks[i] = null;
            _bytes[i] = 0;
        }
    }
}
