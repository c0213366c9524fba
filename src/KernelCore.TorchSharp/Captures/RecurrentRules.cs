using Functional = TorchSharp.torch.nn.functional;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch;

/// <summary>
/// Rules of recurrent cells: the gates are computed once more from two linear maps, of the input and of the state, and the
/// new state is handed on in place of the module's own.
/// </summary>
internal static class RecurrentRules
{
    public static Action AttachRnn(torch.nn.Module module, CaptureTap tap)
    {
        var cell = (Modules.RNNCell)module;
        var gates = new Gates(module, tap);
        bool? rectifies = null;
        var hook = cell.register_forward_hook((_, input, state, output) =>
        {
            if (!gates.AreRecorded(output))
            {
                return output;
            }

            TorchTensor sum = gates.OfInput(input) + gates.OfState(state ?? gates.Zero(input));
            using TorchTensor tanh = sum.detach().tanh();
            rectifies ??= !torch.allclose(tanh, output.detach(), 1e-4, 1e-6);
            return rectifies.Value ? sum.relu() : sum.tanh();
        });
        return hook.remove;
    }

    public static Action AttachLstm(torch.nn.Module module, CaptureTap tap)
    {
        var cell = (Modules.LSTMCell)module;
        var gates = new Gates(module, tap);
        var hook = cell.register_forward_hook((_, input, state, output) =>
        {
            if (!gates.AreRecorded(output.Item1))
            {
                return output;
            }

            var (h, c) = state ?? (gates.Zero(input), gates.Zero(input));
            TorchTensor[] parts = (gates.OfInput(input) + gates.OfState(h)).chunk(4, 1);
            TorchTensor next = (parts[1].sigmoid() * c) + (parts[0].sigmoid() * parts[2].tanh());
            return (parts[3].sigmoid() * next.tanh(), next);
        });
        return hook.remove;
    }

    public static Action AttachGru(torch.nn.Module module, CaptureTap tap)
    {
        var cell = (Modules.GRUCell)module;
        var gates = new Gates(module, tap);
        var hook = cell.register_forward_hook((_, input, state, output) =>
        {
            if (!gates.AreRecorded(output))
            {
                return output;
            }

            TorchTensor h = state ?? gates.Zero(input);
            TorchTensor[] ofInput = gates.OfInput(input).chunk(3, 1), ofState = gates.OfState(h).chunk(3, 1);
            TorchTensor reset = (ofInput[0] + ofState[0]).sigmoid(), update = (ofInput[1] + ofState[1]).sigmoid();
            TorchTensor fresh = (ofInput[2] + (reset * ofState[2])).tanh();
            return fresh + (update * (h - fresh));
        });
        return hook.remove;
    }

    /// <summary>The two linear maps of a cell.</summary>
    private sealed class Gates(torch.nn.Module module, CaptureTap tap)
    {
        private readonly Dictionary<string, TorchTensor> _parameters = module.named_parameters().ToDictionary(p => p.name, p => (TorchTensor)p.parameter);

        public bool AreRecorded(TorchTensor output) => tap.Recording is not null && output.requires_grad;

        public TorchTensor OfInput(TorchTensor input) => Map(input, "ih");

        public TorchTensor OfState(TorchTensor state) => Map(state, "hh");

        public TorchTensor Zero(TorchTensor input) => torch.zeros(input.shape[0], _parameters["weight_hh"].shape[1], device: input.device);

        private TorchTensor Map(TorchTensor from, string which)
        {
            TorchTensor output = Functional.linear(from, _parameters[$"weight_{which}"], _parameters.GetValueOrDefault($"bias_{which}"));
            return tap.Linear(from, output, $"weight_{which}", $"bias_{which}");
        }
    }
}
