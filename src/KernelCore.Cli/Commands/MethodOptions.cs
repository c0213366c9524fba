using System.CommandLine;
using KernelCore.Curvature;
using KernelCore.Gradients;
using KernelCore.Influence;
using KernelCore.Models;

namespace KernelCore.Cli.Commands;

/// <summary>The influence methods by name, and the options that shape them.</summary>
internal sealed class MethodOptions
{
    private static readonly Dictionary<string, Func<Settings, InfluenceMethod>> Methods = new(StringComparer.Ordinal)
    {
        ["ekfac"] = s => new InfluenceFunction(s.Model, InverseCurvature.Ekfac(s.Damping)),
        ["kfac"] = s => new InfluenceFunction(s.Model, InverseCurvature.Kfac(s.Damping)),
        ["if-cg"] = s => new InfluenceFunction(s.Model, InverseCurvature.ConjugateGradient(
            s.Damping, s.Matrix, new KrylovOptions { Tolerance = s.Tolerance, MaxIterations = s.Iterations })),
        ["if-lissa"] = s => new InfluenceFunction(s.Model, InverseCurvature.Lissa(
            s.Damping, s.Matrix, new LissaOptions { Tolerance = s.Tolerance, MaxIterations = s.Iterations })),
        ["if-arnoldi"] = s => new InfluenceFunction(s.Model, InverseCurvature.Arnoldi(kind: s.Matrix)),
        ["if-dense"] = s => new InfluenceFunction(s.Model, InverseCurvature.Dense(s.Damping, s.Matrix)),
        ["relatif"] = s => new InfluenceFunction(s.Model, InverseCurvature.Ekfac(s.Damping)) { Relative = RelativeInfluence.Loss },
        ["relatif-theta"] = s => new InfluenceFunction(s.Model, InverseCurvature.Ekfac(s.Damping)) { Relative = RelativeInfluence.Parameters },
        ["tracin"] = s => GradientProducts.TracIn(s.Checkpoints),
        ["tracin-last"] = s => GradientProducts.TracIn(s.Checkpoints, GradientScope.Head),
        ["graddot"] = s => GradientProducts.GradDot(s.Model),
        ["gradcos"] = s => GradientProducts.GradCos(s.Model),
        ["trak"] = s => ProjectedInfluence.Trak(s.Checkpoints, s.Projection, s.RelativeDamping),
        ["logra"] = s => ProjectedInfluence.LoGra(s.Model, s.Projection, s.RelativeDamping),
        ["datainf"] = s => new DataInf(s.Model) { Damping = s.RelativeDamping },
    };

    private readonly Option<double> _damping = Choice.Number<double>(
        "--damping", "D", "Damping, relative to the mean eigenvalue; not for products of plain gradients and if-arnoldi.", 0.1, 0, double.MaxValue, "a number of at least 0");

    private readonly Option<CurvatureKind> _matrix = CommonOptions.Matrix("Curvature of if-*: Gauss-Newton matrix, Hessian, or empirical Fisher matrix.");

    private readonly Option<double> _tolerance = Choice.Number<double>(
        "--tolerance", "T", "Relative residual at which if-cg stops, relative update at which if-lissa does.", 1e-3, 0, 1, "a number in [0, 1]");

    private readonly Option<int> _iterations = Choice.Count("--iterations", "Products that if-cg and if-lissa spend on a sample at most.", 200);

    private readonly Option<int> _size = Choice.Count("--projection", "Rows of each side of the projection of trak and logra, for every layer.", 16);

    private readonly Option<ulong> _seed = Choice.Seed("--projection-seed", "Seed of the projection.", 0);

    /// <summary>Names of all methods.</summary>
    public static IReadOnlyCollection<string> Names => Methods.Keys;

    /// <summary>The option that picks a method.</summary>
    public static Option<string> Method() => Choice.Word("--method", "How influence is measured.", Names);

    /// <summary>Whether a method takes several models: moments of one training, or independent ones.</summary>
    public static bool TakesSeveral(string name) => name is "tracin" or "tracin-last" or "trak";

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _damping, _matrix, _tolerance, _iterations, _size, _seed })
        {
            command.Add(option);
        }
    }

    /// <summary>A method for a model.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="name">Name of the method.</param>
    /// <param name="model">The trained model.</param>
    /// <param name="checkpoints">Moments of its training, or independent models for trak.</param>
    public InfluenceMethod Create(Invocation invocation, string name, Network model, IReadOnlyList<Checkpoint> checkpoints)
    {
        int size = invocation.Get(_size);
        double damping = invocation.Get(_damping);
        return Methods[name](new Settings(
            model, checkpoints, damping, Damping.Relative(damping), invocation.Get(_matrix), invocation.Get(_tolerance), invocation.Get(_iterations),
            GradientProjection.Kronecker(size, size, invocation.Get(_seed))));
    }

    private sealed record Settings(
        Network Model, IReadOnlyList<Checkpoint> Checkpoints, double RelativeDamping, Damping Damping, CurvatureKind Matrix, double Tolerance, int Iterations,
        GradientProjection Projection);
}
