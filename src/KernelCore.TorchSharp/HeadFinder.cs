using KernelCore.Kernels;
using KernelCore.Models;
using Linear = TorchSharp.Modules.Linear;

namespace KernelCore.Torch;

/// <summary>The final linear layer of a module: the one whose output the module returns.</summary>
internal sealed class HeadFinder : IDisposable
{
    private readonly string? _name;
    private readonly bool _isGiven;
    private readonly Action? _detach;
    private TorchTensor? _input, _output;
    private bool _isWatching;

    /// <summary>Watches the named Linear, or the last one; to be made after the taps, whose results it sees.</summary>
    public HeadFinder(torch.nn.Module module, ModuleParameters parameters, string? name)
    {
        (string Name, Linear Linear)[] linears = [.. ModuleTree.All(module).Where(e => e.Module is Linear).Select(e => (e.Name, (Linear)e.Module))];
        _isGiven = name is not null;
        int index = _isGiven ? Array.FindIndex(linears, entry => entry.Name == name) : linears.Length - 1;
        if (index < 0 && _isGiven)
        {
            throw new KernelCoreException($"there is no Linear named '{name}'; there are {string.Join(", ", linears.Select(l => l.Name))}");
        }

        if (index < 0)
        {
            return;
        }

        (_name, Linear linear) = linears[index];
        string prefix = _name.Length == 0 ? "" : $"{_name}.";
        Head = new Head(parameters.IndexOf($"{prefix}weight"), parameters.IndexOf($"{prefix}bias"));
        var hook = linear.register_forward_hook((_, input, output) =>
        {
            Watch(input, output);
            return output;
        });
        _detach = hook.remove;
    }

    /// <summary>The head; null for none.</summary>
    public Head? Head { get; private set; }

    /// <summary>Watches one pass.</summary>
    public void Begin()
    {
        Forget();
        _isWatching = true;
    }

    /// <summary>Ends watching.</summary>
    /// <param name="output">What the module returned.</param>
    /// <returns>The head's input, which the caller owns; null when the module's output is not the head's, or its input no vector.</returns>
    public TorchTensor? End(TorchTensor output)
    {
        _isWatching = false;
        TorchTensor? input = _input;
        bool isHead = input is { Dimensions: 2 } && IsSame(_output!, output);
        _input = isHead ? null : _input;
        Forget();
        return isHead ? input : null;
    }

    /// <summary>Settles whether there is a head.</summary>
    /// <exception cref="KernelCoreException">There is none where one was named.</exception>
    public void Settle(bool exists)
    {
        if (!exists && _isGiven)
        {
            throw new KernelCoreException($"'{_name}' is not the head: the module returns something else than its output, or its input is no vector per sample");
        }

        Head = exists ? Head : null;
    }

    public void Dispose()
    {
        _detach?.Invoke();
        Forget();
    }

    private void Watch(TorchTensor input, TorchTensor output)
    {
        if (_isWatching)
        {
            Forget();
            (_input, _output) = (input.detach().DetachFromDisposeScope(), output.detach().DetachFromDisposeScope());
        }
    }

    private void Forget()
    {
        _input?.Dispose();
        _output?.Dispose();
        (_input, _output) = (null, null);
    }

    /// <summary>The same memory on the host; the same values elsewhere, where addresses are not to be had.</summary>
    private static unsafe bool IsSame(TorchTensor left, TorchTensor right)
    {
        if (!left.shape.SequenceEqual(right.shape))
        {
            return false;
        }

        if (left.device_type != DeviceType.CPU)
        {
            return left.Equals(right);
        }

        return left.is_contiguous() && right.is_contiguous() && HostMemory.Of<byte>(left) == HostMemory.Of<byte>(right);
    }
}
