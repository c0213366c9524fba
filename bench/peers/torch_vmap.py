"""Per-sample quantities from materialised per-sample gradients: vmap(grad(loss)) of torch.func, or of functorch before 2.0.

Products with the Gauss-Newton matrix by jvp, the curvature of the softmax, and vjp.
"""
import torch
from torch.nn import functional

try:
    from torch.func import functional_call, grad, jvp, vjp, vmap
except ImportError:
    from functorch import grad, jvp, make_functional, vjp, vmap
    functional_call = None


class Vmap:
    """Quantities of a workload. Plain forward and backward passes are not repeated here."""

    def __init__(self, workload, _):
        self.workload = workload
        if functional_call is None:
            call, self.weights = make_functional(workload.model)
        else:
            names, self.weights = zip(*workload.model.named_parameters())

            def call(weights, x):
                return functional_call(workload.model, dict(zip(names, weights)), (x,))

        self.names = [name for name, _ in workload.model.named_parameters()]
        self.weights = tuple(w.detach() for w in self.weights)

        def loss(weights, x, y):
            return functional.cross_entropy(call(weights, x.unsqueeze(0)), y.unsqueeze(0))

        self.per_sample = vmap(grad(loss), in_dims=(None, 0, 0))
        self.outputs = lambda weights: call(weights, workload.input)
        self.direction = tuple(workload.direction[name] for name in self.names)

    def gradients(self):
        return self.per_sample(self.weights, self.workload.input, self.workload.labels)

    def flat(self, parts):
        return self.workload.flat(dict(zip(self.names, parts)))

    @staticmethod
    def lengths(gradients):
        return sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()

    @staticmethod
    def products(gradients, vectors):
        return sum(g.flatten(1) @ v.reshape(-1) for g, v in zip(gradients, vectors))

    def norms(self):
        return {"norms": self.lengths(self.gradients())}

    def norms_cosine(self):
        gradients = self.gradients()
        norms = self.lengths(gradients)
        length = sum(w.square().sum() for w in self.weights).sqrt()
        return {"norms": norms, "cosines": self.products(gradients, self.weights) / (norms * length)}

    def dot(self):
        return {"dots": self.products(self.gradients(), self.direction)}

    def clip_sum(self):
        gradients = self.gradients()
        coefficients = (self.workload.clip / self.lengths(gradients)).clamp(max=1)
        return {"clip_sum": self.flat([torch.tensordot(coefficients, g, 1) for g in gradients])}

    def gram(self):
        return {"gram": sum(g.flatten(1) @ g.flatten(1).T for g in self.gradients())}

    def squared_sum(self):
        return {"squared_sum": self.flat([g.square().sum(0) for g in self.gradients()])}

    def gauss_newton(self):
        logits, tangent = jvp(self.outputs, (self.weights,), (self.direction,))
        weighted = torch.softmax(logits, -1) * tangent
        cotangent = weighted - torch.softmax(logits, -1) * weighted.sum(-1, keepdim=True)
        _, pull_back = vjp(self.outputs, self.weights)
        (product,) = pull_back(cotangent / len(logits))
        return {"gauss_newton": self.flat(product)}
