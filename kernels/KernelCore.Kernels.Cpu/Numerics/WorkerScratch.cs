using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Host memory that a kernel keeps between calls and grows when a call needs more than any before.</summary>
internal sealed unsafe class WorkerScratch
{
    private const nuint Alignment = 64;
    private float* _memory;
    private nint _length;

    ~WorkerScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>At least <paramref name="length"/> floats of undefined content, valid until the next call.</summary>
    public float* Reserve(nint length)
    {
        if (length > _length)
        {
            NativeMemory.AlignedFree(_memory);
            _length = 0;
            _memory = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Alignment);
            _length = length;
        }

        return _memory;
    }
}
