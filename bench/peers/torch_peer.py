"""PyTorch beside KernelCore: a process that stays alive and answers one line per line.

usage: torch_peer.py hooks|vmap THREADS

    load MODEL PATH        -> ok                     reads weights, batch and expectations from a safetensors file
    check QUANTITY MODEL   -> largest error          max |x - expected| / max |expected|
    time QUANTITY MODEL    -> seconds of one call    a block of calls of at least BLOCK seconds
    block SECONDS          -> ok

The first line it prints is `ready VERSIONS`, or `missing REASON`. A quantity that a method does not offer answers
`unsupported`, a failure `error REASON`.
"""
import ctypes
import sys
import time


def versions(torch, threads):
    capability = [line.split(": ")[1] for line in torch.__config__.show().splitlines() if "CPU capability" in line]
    parts = [f"Python {sys.version.split()[0]}", f"PyTorch {torch.__version__}", *capability, f"{threads} threads"]
    try:
        blas = ctypes.CDLL("libopenblas.so.0")
        blas.openblas_get_corename.restype = ctypes.c_char_p
        parts.append(f"OpenBLAS {blas.openblas_get_corename().decode()}")
    except (OSError, AttributeError):
        pass
    return ", ".join(parts)


class Peer:
    def __init__(self, method):
        self.method, self.models, self.block = method, {}, 0.1

    def load(self, model, path):
        from torch_models import Workload
        self.models[model] = self.method(Workload(path), Workload(path))
        return "ok"

    def quantity(self, name, model):
        return getattr(self.models[model], name.replace("-", "_"), None)

    def check(self, quantity, model):
        call = self.quantity(quantity, model)
        if call is None:
            return "unsupported"
        workload = self.models[model].workload
        errors = [0.0]
        for name, value in call().items():
            expected = workload.expected(name)
            errors.append(((value - expected).abs().max() / expected.abs().max()).item())
        return repr(max(errors, key=lambda e: float("inf") if e != e else e))

    def time(self, quantity, model):
        call = self.quantity(quantity, model)
        if call is None:
            return "unsupported"
        calls, start = 0, time.perf_counter()
        while True:
            call()
            calls += 1
            elapsed = time.perf_counter() - start
            if elapsed >= self.block:
                return repr(elapsed / calls)

    def set_block(self, seconds):
        self.block = float(seconds)
        return "ok"


def main():
    method, threads = sys.argv[1], int(sys.argv[2])
    try:
        import torch
        if method == "hooks":
            from torch_hooks import Hooks as implementation
        else:
            from torch_vmap import Vmap as implementation
    except ImportError as error:
        print(f"missing {error}", flush=True)
        return
    torch.set_num_threads(threads)
    peer = Peer(implementation)
    commands = {"load": peer.load, "check": peer.check, "time": peer.time, "block": peer.set_block}
    print(f"ready {versions(torch, threads)}", flush=True)
    for line in sys.stdin:
        word, *arguments = line.rstrip("\n").split(" ", 2)
        try:
            print(commands[word](*arguments), flush=True)
        except Exception as error:  # The benchmark goes on without this figure.
            print(f"error {type(error).__name__}: {error}".replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
