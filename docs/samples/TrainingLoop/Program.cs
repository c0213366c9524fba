// A plain TorchSharp training loop. The three lines that KernelCore adds are marked: they tell, epoch by epoch and without
// held-out data, how well the samples' gradients agree with the weights of the head (GWA).
using KernelCore.Data;
using KernelCore.Torch;
using TorchSharp;
using static TorchSharp.torch;

Dataset data = new DatasetCatalog().Load("digits").Train;
using Tensor images = tensor([.. data.Features], data.Count, data.SampleSize), labels = tensor([.. data.Labels.Select(label => (long)label)]);
using var body = nn.Sequential(nn.Linear(data.SampleSize, 128), nn.ReLU());
using var head = nn.Linear(128, data.ClassCount);
using var optimizer = optim.SGD(body.parameters().Concat(head.parameters()), learningRate: 0.1);
using var monitor = new GwaMonitor(head);                                                     // 1

for (int epoch = 1; epoch <= 10; epoch++)
{
    using Tensor order = randperm(data.Count);
    for (int first = 0; first < data.Count; first += 64)
    {
        using var scope = NewDisposeScope();
        Tensor ids = order.narrow(0, first, Math.Min(64, data.Count - first)), target = labels.index_select(0, ids);
        Tensor features = body.call(images.index_select(0, ids)), logits = head.call(features);
        monitor.Observe(logits, target, features);                                            // 2
        optimizer.zero_grad();
        nn.functional.cross_entropy(logits, target).backward();
        optimizer.step();
    }

    Console.WriteLine($"epoch {epoch,2}: GWA {monitor.CloseEpoch().Value:F4}");                // 3
}
