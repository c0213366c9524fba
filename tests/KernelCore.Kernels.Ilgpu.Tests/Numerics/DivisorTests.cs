namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>Against the operators / and %.</summary>
public class DivisorTests
{
    private static readonly int[] Edges =
    [
        .. from power in Enumerable.Range(0, 31) from around in new[] { -1, 0, 1 } let n = (1L << power) + around where n > 0 select (int)n,
        3, 10, 641, 46340, 46341, int.MaxValue - 1, int.MaxValue,
    ];

    [Fact]
    public void Divides_all_small_numbers_by_all_small_numbers()
    {
        for (int divisor = 1; divisor <= 300; divisor++)
        {
            Check(divisor, Enumerable.Range(0, 1000));
        }
    }

    [Fact]
    public void Divides_by_every_kind_of_number_where_the_quotient_steps()
    {
        var random = new Random(1);
        foreach (int divisor in Edges.Concat(Enumerable.Range(0, 10_000).Select(_ => Number(random))))
        {
            int random1 = Number(random), random2 = Number(random), last = int.MaxValue / divisor * divisor;
            Check(divisor, [0, divisor - 1, divisor, last - 1, last, int.MaxValue - 1, int.MaxValue, random1, random1 / divisor * divisor, random2, .. Edges]);
        }
    }

    [Fact]
    public void An_extent_of_nothing_is_a_divisor_too() => Assert.Equal(1, new Divisor(0).Value);

    /// <summary>All orders of magnitude alike.</summary>
    private static int Number(Random random) => Math.Max(1, random.Next() >> random.Next(31));

    private static void Check(int divisor, IEnumerable<int> numbers)
    {
        var fast = new Divisor(divisor);
        foreach (int n in numbers)
        {
            if (fast.Quotient(n) != n / divisor || fast.Remainder(n) != n % divisor)
            {
                Assert.Fail($"{n} / {divisor}: {fast.Quotient(n)} rest {fast.Remainder(n)}");
            }
        }
    }
}
