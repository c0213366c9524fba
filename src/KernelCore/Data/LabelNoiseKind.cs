namespace KernelCore.Data;

/// <summary>How corrupted labels are drawn, with C classes.</summary>
public enum LabelNoiseKind
{
    /// <summary>Uniform over the C - 1 wrong classes: every chosen sample ends up mislabelled.</summary>
    Symmetric,

    /// <summary>Uniform over all C classes: about 1/C of the chosen samples keep their label.</summary>
    SymmetricIncludingTrueClass,

    /// <summary>Each class is taken for the next one: y becomes (y + 1) mod C.</summary>
    PairFlip,
}
