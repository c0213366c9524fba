using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>The hooks on all modules that have a rule.</summary>
internal sealed class ModuleTaps : IDisposable
{
    private readonly List<CaptureTap> _taps = [];
    private readonly List<Action> _detach = [];

    /// <summary>Attaches the rules.</summary>
    /// <exception cref="UnsupportedLayerException">A module owns trainable parameters and has no rule.</exception>
    public ModuleTaps(torch.nn.Module module, ModuleParameters parameters, CaptureRules rules)
    {
        var seen = new HashSet<torch.nn.Module>(ReferenceEqualityComparer.Instance);
        try
        {
            foreach (var (name, part) in ModuleTree.All(module).Where(entry => seen.Add(entry.Module)))
            {
                var tap = new CaptureTap(name, parameters);
                if (rules.Attach(part, tap) is { } detach)
                {
                    _taps.Add(tap);
                    _detach.Add(detach);
                }
                else if (part.named_parameters(recurse: false).FirstOrDefault(p => p.parameter.requires_grad) is { name: { } own })
                {
                    throw new UnsupportedLayerException(
                        name, $"has no rule for its parameter '{own}' ({part.GetType().Name}); register one with CaptureRules.With, move it into a "
                        + $"{nameof(AddedParameter)} if it is added to every sample, or freeze it (requires_grad = false)");
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sends what the modules do to a recording, null for none, until the result is disposed.</summary>
    public Session Record(Recording? recording) => new(_taps, recording);

    public void Dispose() => _detach.ForEach(detach => detach());

    /// <summary>The time in which a recording receives uses.</summary>
    internal readonly struct Session : IDisposable
    {
        private readonly List<CaptureTap> _taps;

        public Session(List<CaptureTap> taps, Recording? recording)
        {
            _taps = taps;
            taps.ForEach(tap => tap.Recording = recording);
        }

        public void Dispose() => _taps.ForEach(tap => tap.Recording = null);
    }
}

/// <summary>A module and all below it.</summary>
internal static class ModuleTree
{
    /// <summary>Every module with its name, parents first; a shared one once per name.</summary>
    public static IEnumerable<(string Name, torch.nn.Module Module)> All(torch.nn.Module module) =>
        module.named_modules().Prepend(("", module));

    /// <summary>Puts a module and all below it into a mode; disposing the result puts them back.</summary>
    public static IDisposable Enter(torch.nn.Module module, bool training)
    {
        (torch.nn.Module Module, bool Training)[] before = [.. All(module).Select(entry => (entry.Item2, entry.Item2.training))];
        bool changes = Array.Exists(before, entry => entry.Training != training);
        if (changes)
        {
            module.train(training);
        }

        return new Mode(changes ? before : []);
    }

    private sealed class Mode((torch.nn.Module Module, bool Training)[] before) : IDisposable
    {
        public void Dispose()
        {
            // Parents first: each call reaches all children, which have their own turn later.
            foreach (var (module, training) in before)
            {
                module.train(training);
            }
        }
    }
}
