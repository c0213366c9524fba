using KernelCore.Data;
using KernelCore.Influence;

namespace KernelCore.Reporting;

/// <summary>Test samples with the training samples that speak for and against them.</summary>
/// <param name="Method">How influence was measured.</param>
/// <param name="Test">The data set that the test samples come from.</param>
/// <param name="TestStart">Number of the first one in it.</param>
/// <param name="Proponents">For each test sample, strongest first.</param>
/// <param name="Opponents">For each test sample, strongest first.</param>
public sealed record InfluenceExhibit(
    string Method, Dataset Test, int TestStart, IReadOnlyList<IReadOnlyList<RankedInfluence>> Proponents,
    IReadOnlyList<IReadOnlyList<RankedInfluence>> Opponents);
