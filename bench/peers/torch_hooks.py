"""Per-sample quantities from activations and backprops, in plain PyTorch: what one writes by hand today.

Forward hooks keep every layer's input and output; one autograd.grad(loss, outputs) returns the backprops and computes
no weight gradient. Norms by rank one, Gram or the materialised product of a layer, whichever costs least; the cosine
from the layer's own output; clip and sum with one product per layer and no second backward pass (book-keeping).
Projections through the two factors of a gradient. Products with the Hessian by double backward.
"""
import torch
from torch import nn
from torch.nn import functional

from philox import signs

PARAMETRIC = (nn.Linear, nn.Conv2d, nn.LayerNorm)
PROJECTION_SIDE = 64


class Capture:
    """Input and backprop of a layer as [batch, positions, d] and [batch, positions, p]."""

    def __init__(self, name, module, input, output, backprop):
        self.name, self.module = name, module
        self.products = (output.detach() * backprop).flatten(1).sum(1)
        if isinstance(module, nn.Conv2d):
            self.a = functional.unfold(input, module.kernel_size, padding=module.padding).transpose(1, 2)
            self.g = backprop.flatten(2).transpose(1, 2)
        else:
            batch = input.shape[0]
            self.a = input.reshape(batch, -1, input.shape[-1])
            self.g = backprop.reshape(batch, -1, backprop.shape[-1])
        if isinstance(module, nn.LayerNorm):
            normalized = functional.layer_norm(self.a, module.normalized_shape, eps=module.eps)
            self.scale = (self.g * normalized).sum(1)
        self.positions = self.a.shape[1]

    @property
    def rows(self):
        return self.g.shape[2]

    @property
    def columns(self):
        return self.a.shape[2]

    def weight_gradients(self):
        if isinstance(self.module, nn.LayerNorm):
            return self.scale
        return self.g.transpose(1, 2) @ self.a

    def bias_gradients(self):
        return self.g.sum(1)

    def squared_norms(self):
        bias = self.bias_gradients().square().sum(1)
        if isinstance(self.module, nn.LayerNorm):
            return self.scale.square().sum(1) + bias
        if self.positions == 1:
            return self.a.square().sum((1, 2)) * self.g.square().sum((1, 2)) + bias
        if self.positions * (self.rows + self.columns) < 2 * self.rows * self.columns:
            return ((self.a @ self.a.transpose(1, 2)) * (self.g @ self.g.transpose(1, 2))).sum((1, 2)) + bias
        return self.weight_gradients().square().sum((1, 2)) + bias

    def dots(self, weight, bias):
        if isinstance(self.module, nn.LayerNorm):
            return self.scale @ weight + self.bias_gradients() @ bias
        return (self.g * functional.linear(self.a, weight.flatten(1), bias)).sum((1, 2))

    def gram(self):
        g = self.bias_gradients()
        bias = g @ g.T
        if self.positions == 1 and not isinstance(self.module, nn.LayerNorm):
            return (self.a[:, 0] @ self.a[:, 0].T) * (self.g[:, 0] @ self.g[:, 0].T) + bias
        gradients = self.weight_gradients().flatten(1)
        return gradients @ gradients.T + bias

    def projected(self, outputs, inputs):
        """(P_o g)(P_i a)^T, the bias as last column of the weight; a norm's gradients are short enough to stay as they are."""
        if isinstance(self.module, nn.LayerNorm):
            return torch.cat([self.scale, self.bias_gradients()], 1)
        a = self.a @ inputs[:, :-1].T + inputs[:, -1]
        return ((self.g @ outputs.T).transpose(1, 2) @ a).flatten(1)

    def weighted_sum(self, coefficients):
        bias = coefficients @ self.bias_gradients()
        if isinstance(self.module, nn.LayerNorm):
            return coefficients @ self.scale, bias
        scaled = (self.g * coefficients[:, None, None]).flatten(0, 1)
        return scaled.T @ self.a.flatten(0, 1), bias

    def squared_sum(self):
        bias = self.bias_gradients().square().sum(0)
        if self.positions == 1 and not isinstance(self.module, nn.LayerNorm):
            return self.g[:, 0].square().T @ self.a[:, 0].square(), bias
        return self.weight_gradients().square().sum(0), bias


class Hooks:
    """Quantities of a workload. The model of forward_backward and forward is a copy without hooks."""

    def __init__(self, workload, hooked):
        self.plain, self.workload = workload, hooked
        self.modules = [(n, m) for n, m in hooked.model.named_modules() if isinstance(m, PARAMETRIC)]
        self.inputs, self.outputs = {}, {}
        self.names, self.weights = zip(*workload.model.named_parameters())
        self.direction = [workload.direction[name] for name in self.names]
        self.kept_gradients = self.kept_captures = None
        self.signs = {name: self.layer_signs(name, module) for name, module in self.modules}
        for name, module in self.modules:
            module.register_forward_hook(self.keep(name))

    def keep(self, name):
        def hook(module, inputs, output):
            self.inputs[name], self.outputs[name] = inputs[0].detach(), output
        return hook

    def backprops(self):
        loss = self.workload.loss()
        return torch.autograd.grad(loss, [self.outputs[name] for name, _ in self.modules])

    def captures(self):
        backprops = self.backprops()
        with torch.no_grad():
            return [Capture(n, m, self.inputs[n], self.outputs[n], g) for (n, m), g in zip(self.modules, backprops)]

    def forward(self):
        with torch.no_grad():
            return {"logits": self.plain.model(self.plain.input)}

    def forward_backward(self):
        return {"sum": self.flat(torch.autograd.grad(self.plain.loss(), self.weights))}

    def floor(self):
        self.backprops()
        return {}

    @torch.no_grad()
    def norms(self):
        with torch.enable_grad():
            captures = self.captures()
        return {"norms": sum(c.squared_norms() for c in captures).sqrt()}

    @torch.no_grad()
    def norms_cosine(self):
        with torch.enable_grad():
            captures = self.captures()
        norms = sum(c.squared_norms() for c in captures).sqrt()
        length = sum(w.square().sum() for w in self.workload.model.parameters()).sqrt()
        return {"norms": norms, "cosines": sum(c.products for c in captures) / (norms * length)}

    @torch.no_grad()
    def dot(self):
        with torch.enable_grad():
            captures = self.captures()
        v = self.workload.direction
        return {"dots": sum(c.dots(v[c.name + ".weight"], v[c.name + ".bias"]) for c in captures)}

    @torch.no_grad()
    def clip_sum(self):
        with torch.enable_grad():
            captures = self.captures()
        norms = sum(c.squared_norms() for c in captures).sqrt()
        coefficients = (self.workload.clip / norms).clamp(max=1)
        return {"clip_sum": self.gather(captures, lambda c: c.weighted_sum(coefficients))}

    @torch.no_grad()
    def gram(self):
        with torch.enable_grad():
            captures = self.captures()
        return {"gram": sum(c.gram() for c in captures)}

    @torch.no_grad()
    def squared_sum(self):
        with torch.enable_grad():
            captures = self.captures()
        return {"squared_sum": self.gather(captures, Capture.squared_sum)}

    def layer_signs(self, name, module):
        if isinstance(module, nn.LayerNorm):
            return None, None
        parameter = self.workload.names.index(name + ".weight")
        rows, columns = module.weight.shape[0], module.weight[0].numel() + 1
        return tuple(torch.from_numpy(signs(PROJECTION_SIDE, length, parameter, side)) for side, length in enumerate((rows, columns)))

    @torch.no_grad()
    def projection(self):
        with torch.enable_grad():
            captures = self.captures()
        captures.sort(key=lambda c: self.workload.names.index(c.name + ".weight"))
        return {"projected": torch.cat([c.projected(*self.signs[c.name]) for c in captures], 1)}

    def mean_gradients(self):
        """The gradient of the mean loss, itself differentiable."""
        return torch.autograd.grad(self.plain.loss() / len(self.plain.labels), self.weights, create_graph=True)

    def product(self, gradients, keep):
        """The gradient of g.v: v goes in as the cotangent of g, so the dot product itself costs nothing."""
        return {"hessian": self.flat(torch.autograd.grad(gradients, self.weights, self.direction, retain_graph=keep))}

    def hessian(self):
        return self.product(self.mean_gradients(), keep=False)

    def hessian_further(self):
        if self.kept_gradients is None:
            self.kept_gradients = self.mean_gradients()
        return self.product(self.kept_gradients, keep=True)

    @torch.no_grad()
    def fisher(self):
        if self.kept_captures is None:
            with torch.enable_grad():
                self.kept_captures = self.captures()
        v = self.workload.direction
        dots = sum(c.dots(v[c.name + ".weight"], v[c.name + ".bias"]) for c in self.kept_captures)
        return {"fisher": self.gather(self.kept_captures, lambda c: c.weighted_sum(dots / len(dots)))}

    def flat(self, parts):
        return self.plain.flat(dict(zip(self.names, parts)))

    def gather(self, captures, reduce):
        parts = {}
        for capture in captures:
            parts[capture.name + ".weight"], parts[capture.name + ".bias"] = reduce(capture)
        return self.workload.flat(parts)
