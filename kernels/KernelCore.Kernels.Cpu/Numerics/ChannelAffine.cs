using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>y = gamma_c x + beta_c; a null gamma stands for ones, a null beta for zeros.</summary>
internal unsafe struct ChannelAffine : IChannelOperation
{
    public float* X, Y, Gamma, Beta;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Apply<TLanes, TAccess>(nint i, nint channel)
        where TLanes : struct, ILanes<TLanes>
        where TAccess : struct, IChannelAccess
    {
        TLanes value = TLanes.Load(X + i);
        if (Gamma == null)
        {
            value = Beta == null ? value : value + TAccess.Load<TLanes>(Beta, channel);
        }
        else
        {
            TLanes gamma = TAccess.Load<TLanes>(Gamma, channel);
            value = Beta == null ? gamma * value : TLanes.MultiplyAdd(gamma, value, TAccess.Load<TLanes>(Beta, channel));
        }

        value.Store(Y + i);
    }
}
