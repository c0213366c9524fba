namespace KernelCore.Influence;

/// <summary>What models trained on subsets make of some samples: [models, samples], row-major.</summary>
/// <param name="SampleCount">Columns.</param>
/// <param name="Correct">1 where a model predicts the label, else 0.</param>
/// <param name="Loss">Cross-entropy, nats.</param>
public sealed record SubsetOutcomes(int SampleCount, float[] Correct, float[] Loss)
{
    /// <summary>Rows.</summary>
    public int ModelCount => SampleCount == 0 ? 0 : Correct.Length / SampleCount;
}

/// <summary>The result of a <see cref="SubsetStudy"/>.</summary>
/// <param name="Masks">What each model was trained on.</param>
/// <param name="Train">Outcomes on all training samples, whether in the subset or not.</param>
/// <param name="Test">Outcomes on the test samples.</param>
public sealed record SubsetStudyResult(SubsetMasks Masks, SubsetOutcomes Train, SubsetOutcomes Test);
