namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>Own kernels or cuBLAS, by given times.</summary>
public class ProductChoiceTests
{
    [Theory]
    [InlineData(1.0, 2.0, false)]
    [InlineData(2.0, 1.0, true)]
    [InlineData(1.0, 1.0, false)]
    [InlineData(1.0, double.NaN, false)]
    public void The_faster_wins_and_own_kernels_win_ties(double own, double cuBlas, bool expected) =>
        Assert.Equal(expected, ProductChoice.Of(new ProductTiming(false, true, own, cuBlas)).UsesCuBlas(false, true));

    [Fact]
    public void Every_transposition_has_its_own_choice_and_all_figures_are_shown()
    {
        var choice = ProductChoice.Of(new ProductTiming(false, false, 2e-3, 1e-3), new ProductTiming(false, true, 1.5e-4, 4.25e-4));
        Assert.True(choice.UsesCuBlas(false, false));
        Assert.False(choice.UsesCuBlas(false, true));
        Assert.False(choice.UsesCuBlas(true, false));
        Assert.Equal("NN by cuBLAS (own 2 ms, cuBLAS 1 ms), NT by own kernels (own 0.15 ms, cuBLAS 0.425 ms)", choice.Reason);
    }

    [Fact]
    public void Without_the_library_own_kernels_compute_all_and_the_reason_is_kept()
    {
        var choice = ProductChoice.Own("no library");
        Assert.False(choice.UsesCuBlas(false, false));
        Assert.Equal("all by own kernels: no library", choice.Reason);
        Assert.True(ProductChoice.CuBlas.UsesCuBlas(true, true));
    }

    [Fact]
    public void A_trial_times_products_whose_extents_agree_in_every_transposition()
    {
        var seen = new HashSet<(bool, bool)>();
        using Device device = new Cpu.CpuDevice(1);
        ProductChoice choice = ProductTrial.Run(device, Look, (_, _, _, _, _, _, _, _, _) => Thread.Sleep(1));
        Assert.Equal(4, seen.Count);
        Assert.All(seen, kind => Assert.False(choice.UsesCuBlas(kind.Item1, kind.Item2)));
        Assert.Equal(4, choice.Reason.Split("by own kernels").Length - 1);

        void Look(bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias, ActivatedOutput? activated)
        {
            seen.Add((transposeA, transposeB));
            Assert.Equal((c.Rows, c.Columns), (transposeA ? a.Columns : a.Rows, transposeB ? b.Rows : b.Columns));
            Assert.Equal(transposeA ? a.Rows : a.Columns, transposeB ? b.Columns : b.Rows);
            Assert.All((Matrix[])[a, b, c], matrix => Assert.True((long)matrix.Rows * matrix.Stride <= matrix.Tensor.Count));
        }
    }
}
