using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Torch.Tests;

/// <summary>Batches and passes over torch's own memory.</summary>
public sealed class BatchTests
{
    [TorchFact]
    public void Features_and_targets_are_the_tensors_own_memory()
    {
        using TorchTensor input = torch.zeros(4, 6), targets = torch.zeros(4, 3);
        using (Batch batch = TorchBatch.Create(input, targets: targets))
        {
            input.fill_(2);
            batch.Targets!.Fill(3);
            Assert.All(batch.Features!.ToArray(), v => Assert.Equal(2, v));
            Assert.All(targets.data<float>().ToArray(), v => Assert.Equal(3, v));
        }

        Assert.Equal(2, input.mean().ToSingle());
    }

    [TorchFact]
    public void Anything_that_is_not_contiguous_is_copied_in_order()
    {
        using TorchTensor rows = torch.arange(6, torch.ScalarType.Float32).view(2, 3), columns = rows.transpose(0, 1);
        using Batch batch = TorchBatch.Create(columns);
        Assert.Equal(Shape.Of(3, 2), batch.Features!.Shape);
        Assert.Equal([0f, 3, 1, 4, 2, 5], batch.Features.ToArray());
    }

    [TorchFact]
    public void Another_device_gets_copies_in_order()
    {
        using var device = new DetachedDevice();
        using TorchTensor rows = torch.arange(6, torch.ScalarType.Float32).view(2, 3), columns = rows.transpose(0, 1), labels = torch.tensor([2L, 1, 0]);
        using Batch batch = TorchBatch.Create(columns, labels, targets: rows, device: device);
        Assert.Equal([0f, 3, 1, 4, 2, 5], batch.Features!.ToArray());
        Assert.Equal([2, 1, 0], batch.Labels!.ToArray());
        rows.fill_(7);
        Assert.Equal([0f, 1, 2, 3, 4, 5], batch.Targets!.ToArray());
    }

    [TorchFact]
    public void Passage_keeps_the_order_of_elements_both_ways()
    {
        using var device = new DetachedDevice();
        using var memory = new TorchMemory(device);
        using TorchTensor rows = torch.zeros(2, 3), columns = rows.transpose(0, 1), larger = torch.arange(12, torch.ScalarType.Float32).view(3, 4).transpose(0, 1);
        using Tensor values = device.Allocate([3, 2], [1, 2, 3, 4, 5, 6]);
        memory.Write(values, columns);
        Assert.Equal([1f, 3, 5, 2, 4, 6], rows.data<float>().ToArray());
        Assert.Equal([1f, 2, 3, 4, 5, 6], memory.Read(columns).ToArray());
        Assert.Equal([0f, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], memory.Read(larger).ToArray());
    }

    [TorchFact]
    public void Tensors_beyond_2_GB_are_viewed_too()
    {
        // pages that nobody touches take no memory
        const int Count = 540_000_000;
        using TorchTensor input = torch.empty(1, Count);
        using Batch batch = TorchBatch.Create(input);
        batch.Features!.Span[Count - 1] = 3;
        Assert.Equal(3, input[0, Count - 1].ToSingle());
    }

    [TorchFact]
    public void Tokens_and_labels_of_any_integer_type()
    {
        using TorchTensor tokens = torch.tensor([1L, 2, 3, 4], 2, 2), labels = torch.tensor([(byte)1, (byte)0]);
        using Batch batch = TorchBatch.Create(tokens, labels);
        Assert.Null(batch.Features);
        Assert.Equal([1, 2, 3, 4], batch.Tokens!.ToArray());
        Assert.Equal([1, 0], batch.Labels!.ToArray());
    }

    [TorchFact]
    public void Double_precision_is_refused()
    {
        using TorchTensor input = torch.zeros(4, 6, torch.ScalarType.Float64);
        Assert.Contains("float32", Assert.Throws<KernelCoreException>(() => TorchBatch.Create(input)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Captures_view_what_the_module_was_given()
    {
        using TorchTensor input = torch.ones(4, 6), labels = torch.tensor([0L, 1, 2, 0]);
        using var module = torch.nn.Linear(6, 3);
        using var model = new TorchModel(module);
        using Batch batch = TorchBatch.Create(input, labels);
        IForwardPass pass = model.Forward(batch, ForwardMode.Evaluation);
        pass.Cotangent.Fill(1);
        LayerCapture capture = Assert.Single(pass.Backward().Captures);
        input.fill_(7);
        Assert.All(capture.Activation!.ToArray(), v => Assert.Equal(7, v));
        Assert.Same(CpuDevice.Shared, capture.Activation.Device);
    }
}
