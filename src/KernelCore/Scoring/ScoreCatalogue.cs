using static KernelCore.Scoring.ScoreDirection;

namespace KernelCore.Scoring;

/// <summary>The per-sample scores of this library.</summary>
/// <remarks>
/// Symbols: s logits, p = softmax(s), y the given label (as a vector: one-hot), z the input of the head, W its weight,
/// t an epoch, mean_t and std_t over epochs, with the population standard deviation.
/// </remarks>
public static class ScoreCatalogue
{
    /// <summary>Gradient-weight alignment of the head.</summary>
    public static ScoreDefinition Gwa { get; } = new(
        "gwa", "whether a step on the sample would grow the head's weights along themselves; negative means conflict",
        "-(p - y).(W z) / (||z|| ||p - y|| ||W||_F)", "Gradient-Weight Alignment, arXiv 2510.25480", LowerIsSuspicious);

    /// <summary>Norm of the prediction error.</summary>
    public static ScoreDefinition El2n { get; } = new(
        "el2n", "how far the predicted probabilities are from the label",
        "||p - y||_2", "Paul et al., Deep Learning on a Data Diet, arXiv 2107.07075", HigherIsSuspicious);

    /// <summary>Norm of the per-sample gradient.</summary>
    public static ScoreDefinition Grand { get; } = new(
        "grand", "length of the step that the sample alone asks for",
        "||grad loss_i||_2 over all parameters", "Paul et al., Deep Learning on a Data Diet, arXiv 2107.07075", HigherIsSuspicious);

    /// <summary>Cross-entropy.</summary>
    public static ScoreDefinition Loss { get; } = new(
        "loss", "surprise at the label: the baseline that every detector has to beat",
        "-log p_y", "Arpit et al., A Closer Look at Memorization, arXiv 1706.05394", HigherIsSuspicious);

    /// <summary>Logit margin at one moment.</summary>
    public static ScoreDefinition Margin { get; } = new(
        "margin", "lead of the label's logit over the best other one; negative when misclassified",
        "s_y - max_{c != y} s_c", "Pleiss et al., Area Under the Margin, arXiv 2001.10528", LowerIsSuspicious);

    /// <summary>Predictive entropy.</summary>
    public static ScoreDefinition Entropy { get; } = new(
        "entropy", "how undecided the prediction is, whatever the label",
        "-sum_c p_c log p_c", "Shannon, A Mathematical Theory of Communication, 1948", HigherIsSuspicious);

    /// <summary>Margin averaged over training.</summary>
    public static ScoreDefinition Aum { get; } = new(
        "aum", "margin over the whole of training: low where other samples argue against the label",
        "mean_t (s_y - max_{c != y} s_c)", "Pleiss et al., Area Under the Margin, arXiv 2001.10528", LowerIsSuspicious);

    /// <summary>Forgetting events.</summary>
    public static ScoreDefinition Forgetting { get; } = new(
        "forgetting", "how often the sample went from right to wrong",
        "#{t : right at t - 1, wrong at t}", "Toneva et al., Example Forgetting, arXiv 1812.05159", HigherIsSuspicious);

    /// <summary>Cartography: confidence.</summary>
    public static ScoreDefinition Confidence { get; } = new(
        "confidence", "mean probability of the label over training",
        "mean_t p_y", "Swayamdipta et al., Dataset Cartography, arXiv 2009.10795", LowerIsSuspicious);

    /// <summary>Cartography: variability. Alone it finds ambiguous samples, and misses labels that stay wrong throughout.</summary>
    public static ScoreDefinition Variability { get; } = new(
        "variability", "spread of the label's probability over training: high for ambiguous samples",
        "std_t p_y", "Swayamdipta et al., Dataset Cartography, arXiv 2009.10795", HigherIsSuspicious);

    /// <summary>Cartography: correctness.</summary>
    public static ScoreDefinition Correctness { get; } = new(
        "correctness", "fraction of the epochs at which the label was predicted",
        "mean_t [argmax s = y]", "Swayamdipta et al., Dataset Cartography, arXiv 2009.10795", LowerIsSuspicious);

    /// <summary>First k-epoch learning.</summary>
    public static ScoreDefinition FirstKEpoch { get; } = new(
        "first-k-epoch", "epoch by which the label had been predicted k times running",
        "min {t : argmax s = y at t - k + 1, ..., t}", "Yuan et al., Late Stopping, arXiv 2308.13862", HigherIsSuspicious);

    /// <summary>Variance of gradients.</summary>
    public static ScoreDefinition Vog { get; } = new(
        "vog", "how much the input gradient of the label's logit changes between checkpoints",
        "mean over pixels of std_t (d s_y / d pixel)", "Agarwal et al., Variance of Gradients, arXiv 2008.11600", HigherIsSuspicious);

    /// <summary>Self-influence over the checkpoints of a training run.</summary>
    public static ScoreDefinition SelfInfluence { get; } = new(
        "self-influence", "how much steps on the sample lowered its own loss, at checkpoints of the training",
        "sum_t rate_t ||grad loss_i(t)||^2 over all parameters", "Pruthi et al., TracIn, arXiv 2002.08484", HigherIsSuspicious);

    /// <summary>Laplace sample information of a linear probe.</summary>
    public static ScoreDefinition Lsi { get; } = new(
        "lsi", "how far the posterior of a linear probe moves when the sample is left out",
        "KL(N(W, L^-1) || N(W_-i, L_-i^-1))", "Laplace Sample Information, arXiv 2505.15303", HigherIsSuspicious);

    /// <summary>Leave-one-out loss of a linear probe.</summary>
    public static ScoreDefinition LeftOutLoss { get; } = new(
        "left-out-loss", "surprise at the label of a linear probe that has not seen the sample",
        "-log p_y at W_-i", "Stone, Cross-Validatory Choice and Assessment of Statistical Predictions, 1974", HigherIsSuspicious);

    /// <summary>Every score, in the order of this page.</summary>
    public static IReadOnlyList<ScoreDefinition> All { get; } =
        [Gwa, El2n, Grand, Loss, Margin, Entropy, Aum, Forgetting, Confidence, Variability, Correctness, FirstKEpoch, Vog, SelfInfluence, Lsi, LeftOutLoss];

    /// <summary>The score of a name, ignoring case; null when there is none.</summary>
    public static ScoreDefinition? Find(string name) =>
        All.FirstOrDefault(score => string.Equals(score.Name, name, StringComparison.OrdinalIgnoreCase));
}
