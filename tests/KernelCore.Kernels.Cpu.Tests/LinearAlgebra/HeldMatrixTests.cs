using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>Operands that are held stay packed: every product has the bits that it has without.</summary>
[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed unsafe class HeldMatrixTests
{
    public static TheoryData<int, int, int, bool, bool, int> Products
    {
        get
        {
            var data = new TheoryData<int, int, int, bool, bool, int>();
            foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1, 1), (0, 3, 2), (3, 4, 0), (24, 32, 16), (37, 65, 70), (61, 129, 601), (10, 500, 40), (300, 10, 60), (150, 90, 1100)])
            {
                foreach (bool transposeA in (bool[])[false, true])
                {
                    foreach (bool transposeB in (bool[])[false, true])
                    {
                        data.Add(m, n, k, transposeA, transposeB, 1);
                        data.Add(m, n, k, transposeA, transposeB, 3);
                    }
                }
            }

            data.Add(3100, 70, 9, false, true, 2); // more than one block of rows
            data.Add(3100, 100, 600, false, false, 2); // and of terms
            data.Add(100, 3100, 600, true, false, 2);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Products_keep_their_bits(int m, int n, int k, bool transposeA, bool transposeB, int threads)
    {
        using var device = new CpuDevice(threads);
        using Tensor a = device.Allocate(transposeA ? [k, m] : [m, k], TestNumbers.Normal(1, m * k));
        using Tensor b = device.Allocate(transposeB ? [n, k] : [k, n], TestNumbers.Normal(2, k * n));
        using Tensor c = device.Allocate([m, n]);
        float[] first = Product();
        a.Hold();
        b.Hold();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(first, Product());
        }

        a.Release();
        a.CopyFrom(TestNumbers.Normal(3, m * k));
        float[] changed = Product();
        a.Hold();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(changed, Product());
        }

        a.Release();
        b.Release();
        Assert.Equal(changed, Product());

        float[] Product()
        {
            c.Fill(float.NaN);
            device.Kernels.LinearAlgebra.Gemm(transposeA, transposeB, 0.5f, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c));
            return c.ToArray();
        }
    }

    [Fact]
    public void Parts_of_a_held_matrix_are_matrices_of_their_own()
    {
        const int rows = 90, columns = 80, width = 100;
        using var device = new CpuDevice(2);
        using Tensor a = device.Allocate([2 * rows, columns], TestNumbers.Normal(1, 2 * rows * columns)), b = device.Allocate([columns, width], TestNumbers.Normal(2, columns * width));
        using Tensor c = device.Allocate([rows, width]);
        Matrix[] parts = [new(a, 0, rows, columns, columns), new(a, rows * columns, rows, columns, columns), new(a, 0, rows, columns - 1, columns), new(a, 3, rows, columns / 2, columns)];
        float[][] expected = [.. parts.Select(Product)];
        a.Hold();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(expected, [.. parts.Select(Product)]);
        }

        float[] Product(Matrix part)
        {
            device.Kernels.LinearAlgebra.Gemm(false, false, 1, part, new Matrix(b, part.Columns, width), 0, Matrix.Of(c));
            return c.ToArray();
        }
    }

    public static TheoryData<int, int, int, bool, bool, float, double, int> SparseProducts
    {
        get
        {
            var data = new TheoryData<int, int, int, bool, bool, float, double, int>();
            foreach ((int m, int n, int k) in ((int, int, int)[])[(32, 129, 1), (37, 200, 70), (64, 192, 512), (150, 390, 1100), (31, 200, 70), (40, 60, 70), (3100, 135, 33)])
            {
                foreach (double nonzero in (double[])[0, 0.1, 0.5, 0.59, 0.62, 1])
                {
                    data.Add(m, n, k, false, false, 0, nonzero, 2);
                    data.Add(m, n, k, true, false, 0.25f, nonzero, 1);
                    data.Add(m, n, k, false, true, 1, nonzero, 3);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SparseProducts))]
    public void Products_with_zeros_keep_their_bits(int m, int n, int k, bool transposeA, bool transposeB, float beta, double nonzero, int threads)
    {
        using var device = new CpuDevice(threads);
        using Tensor a = device.Allocate(transposeA ? [k, m] : [m, k], Sparse(1, m * k, nonzero));
        using Tensor b = device.Allocate(transposeB ? [n, k] : [k, n], TestNumbers.Normal(2, k * n));
        using Tensor c = device.Allocate([m, n]);
        using Tensor? bias = beta == 0 ? null : device.Allocate([n], TestNumbers.Normal(5, n));
        float[] first = Product();
        a.Hold();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(first, Product());
        }

        a.Release();
        a.CopyFrom(Sparse(3, m * k, 1 - nonzero));
        float[] changed = Product();
        a.Hold();
        b.Hold();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(changed, Product());
        }

        float[] Product()
        {
            c.CopyFrom(beta == 0 ? [.. Enumerable.Repeat(float.NaN, m * n)] : TestNumbers.Normal(4, m * n));
            device.Kernels.LinearAlgebra.Gemm(transposeA, transposeB, 0.5f, Matrix.Of(a), Matrix.Of(b), beta, Matrix.Of(c), bias);
            return c.ToArray();
        }
    }

    public static TheoryData<int, int, int, int, bool, bool, double, double> Sums
    {
        get
        {
            var data = new TheoryData<int, int, int, int, bool, bool, double, double>();
            foreach ((int m, int n, int k, int nextK) in ((int, int, int, int)[])[
                (1, 1, 1, 1), (0, 3, 2, 2), (3, 4, 0, 5), (70, 90, 0, 0), (37, 130, 70, 9), (150, 390, 1100, 600), (300, 10, 60, 60), (10, 300, 60, 60),
                (2100, 100, 600, 1100), (3100, 100, 30, 600)])
            {
                data.Add(m, n, k, nextK, false, true, 1, 1);
                data.Add(m, n, k, nextK, false, false, 1, 0.3);
                data.Add(m, n, k, nextK, true, false, 0.3, 1);
                data.Add(m, n, k, nextK, true, true, 0.3, 0.3);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sums))]
    public void Sums_of_two_products_have_the_bits_of_one_after_the_other(
        int m, int n, int k, int nextK, bool transposeA, bool transposeB, double nonzero, double nextNonzero)
    {
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var device = new CpuDevice(threads);
            using Tensor a = device.Allocate(transposeA ? [k, m] : [m, k], Sparse(1, m * k, nonzero)), b = device.Allocate(transposeB ? [n, k] : [k, n], TestNumbers.Normal(2, k * n));
            using Tensor nextA = device.Allocate(transposeA ? [nextK, m] : [m, nextK], Sparse(3, m * nextK, nextNonzero));
            using Tensor nextB = device.Allocate(transposeB ? [n, nextK] : [nextK, n], TestNumbers.Normal(4, nextK * n));
            using Tensor c = device.Allocate([m, n]), bias = device.Allocate([n], TestNumbers.Normal(5, n));
            ILinearAlgebra algebra = device.Kernels.LinearAlgebra;
            algebra.Gemm(transposeA, transposeB, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c));
            algebra.Gemm(transposeA, transposeB, 1, Matrix.Of(nextA), Matrix.Of(nextB), 1, Matrix.Of(c), bias);
            float[] expected = c.ToArray();
            foreach (Tensor[] held in (Tensor[][])[[], [a], [nextA, b], [a, b, nextA, nextB]])
            {
                Array.ForEach(held, tensor => tensor.Hold());
                for (int i = 0; i < 3; i++)
                {
                    c.Fill(float.NaN);
                    algebra.GemmSum(transposeA, transposeB, Matrix.Of(a), Matrix.Of(b), Matrix.Of(nextA), Matrix.Of(nextB), Matrix.Of(c), bias);
                    Assert.Equal(expected, c.ToArray());
                }

                Array.ForEach(held, tensor => tensor.Release());
            }
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.3, 2)]
    [InlineData(0.5, 3)]
    public void Zeros_times_what_is_not_finite_are_not_zero(double nonzero, int threads)
    {
        const int m = 70, n = 200, k = 150;
        float[] left = Sparse(1, m * k, nonzero), right = TestNumbers.Normal(2, k * n);
        (left[5 * k], left[(6 * k) + 140], left[(7 * k) + 1]) = (float.NaN, float.NegativeInfinity, -0f);
        (right[(3 * n) + 7], right[(140 * n) + 110], right[(141 * n) + 199]) = (float.PositiveInfinity, float.NaN, float.MaxValue);
        using var device = new CpuDevice(threads);
        using Tensor a = device.Allocate([m, k], left), b = device.Allocate([k, n], right), c = device.Allocate([m, n]);
        float[] first = Product();
        Assert.True(float.IsNaN(first[(20 * n) + 110]) && !float.IsFinite(first[(20 * n) + 7]) && float.IsFinite(first[(20 * n) + 199]));
        a.Hold();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(first, Product());
        }

        float[] Product()
        {
            device.Kernels.LinearAlgebra.Gemm(false, false, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c));
            return c.ToArray();
        }
    }

    [Theory]
    [InlineData(200, 1, 90, 70, 1, 1, false)]
    [InlineData(40, 13, 70, 90, 2, 1, false)]
    [InlineData(200, 1, 100, 10, 2, 1, false)]
    [InlineData(3, 2, 5, 4, 1, 1, false)]
    [InlineData(200, 1, 90, 70, 1, 0.5, false)]
    [InlineData(256, 1, 784, 512, 2, 0.5, false)]
    [InlineData(64, 1, 512, 520, 2, 0.5, false)]
    [InlineData(64, 1, 700, 300, 3, 0.4, false)]
    [InlineData(40, 13, 140, 150, 2, 0.5, false)]
    [InlineData(310, 10, 133, 97, 2, 0.4, false)]
    [InlineData(200, 1, 90, 140, 2, 0.5, true)]
    [InlineData(3, 2, 5, 4, 1, 0.5, false)]
    public void Sums_and_dots_of_captures_keep_their_bits(int batch, int positions, int columns, int rows, int threads, double nonzero, bool hasInfinity)
    {
        using var device = new CpuDevice(threads);
        using Tensor activation = device.Allocate([batch, positions, columns], Sparse(1, batch * positions * columns, nonzero));
        using Tensor backprop = device.Allocate([batch, positions, rows], Sparse(2, batch * positions * rows, nonzero));
        using Tensor weight = device.Allocate([rows, columns], TestNumbers.Normal(3, rows * columns)), bias = device.Allocate([rows], TestNumbers.Normal(4, rows));
        using Tensor coefficients = device.Allocate([batch], TestNumbers.Normal(5, batch));
        if (hasInfinity)
        {
            coefficients.Span[batch / 2] = float.PositiveInfinity;
        }

        using Tensor other = device.Allocate(backprop.Shape, TestNumbers.Normal(6, batch * positions * rows));
        using Tensor sum = device.Allocate([rows, columns]), dots = device.Allocate([batch]), biasDots = device.Allocate([batch]);
        var capture = new LayerCapture
        {
            Layer = "linear",
            Kind = CaptureKind.Linear,
            Batch = batch,
            Positions = positions,
            WeightShape = [rows, columns],
            Activation = activation,
            Backprop = backprop,
            Layout = new ChannelLayout(positions, rows, 1),
        };
        float[][] expected = Reductions();
        activation.Hold();
        backprop.Hold();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(expected, Reductions());
        }

        float[][] Reductions()
        {
            IPerSampleKernels kernels = device.Kernels.PerSample;
            kernels.WeightedSum([capture], ParameterRole.Weight, null, 0, sum);
            float[] plain = sum.ToArray();
            kernels.WeightedSum([capture], ParameterRole.Weight, coefficients, 0, sum);
            float[] weighted = sum.ToArray();
            kernels.WeightedSum([capture], ParameterRole.Weight, coefficients, 0.5f, sum);
            float[] added = sum.ToArray();
            LayerCapture next = capture with { Backprop = other };
            kernels.WeightedSum([next], ParameterRole.Weight, coefficients, 1, sum);
            kernels.WeightedSum([capture], ParameterRole.Weight, coefficients, 1, sum);
            float[] three = sum.ToArray();
            sum.CopyFrom(weighted);
            kernels.WeightedSum([capture, next, capture], ParameterRole.Weight, coefficients, 0.5f, sum);
            Assert.Equal(three, sum.ToArray());
            kernels.Dots([capture], ParameterRole.Weight, weight, dots);
            float[] alone = dots.ToArray();
            kernels.LayerDots([capture], weight, bias, dots, biasDots);
            return [plain, weighted, added, three, alone, dots.ToArray(), biasDots.ToArray()];
        }
    }

    [Theory]
    [InlineData(40, 130, 0.5, 1, true)]
    [InlineData(40, 130, 0.7, 1, false)] // too few zeros
    [InlineData(31, 130, 0.5, 1, false)] // too few rows
    [InlineData(40, 8, 0.5, 1, false)] // too few columns
    [InlineData(40, 130, 0.5, float.NaN, false)]
    public void Only_the_second_product_with_many_zeros_goes_by_nonzeros(int m, int n, double nonzero, float factor, bool expected)
    {
        const int k = 50;
        using var device = new CpuDevice(1);
        using Tensor a = device.Allocate([m, k], Sparse(1, m * k, nonzero)), b = device.Allocate([k, n], TestNumbers.Normal(2, k * n)), c = device.Allocate([m, n]);
        a.Hold();
        var problem = new GemmProblem(false, false, m, n, k, 1, HostMemory.Of(a), k, HostMemory.Of(b), n, 0, HostMemory.Of(c), n, null)
        {
            HeldA = HeldMatrix.Of(a),
            TermFactors = &factor,
            TermsPerFactor = k,
        };
        Assert.Null(SparseDriver<Lane>.Find(problem, null));
        Assert.Equal(expected, SparseDriver<Lane>.Find(problem, null) is not null);
    }

    [Fact]
    public void Lists_hold_the_nonzeros_of_every_row_and_block()
    {
        const int rows = 70, k = 150, most = 32, width = 96;
        using var device = new CpuDevice(2);
        float[] elements = Sparse(1, rows * k, 0.3);
        using Tensor matrix = device.Allocate([rows, k], elements);
        var blocks = new TermBlocks(k, 100, most);
        using var lists = new NonzeroLists(device, rows, blocks, width);
        lists.Fill(HostMemory.Of(matrix), k, 1, device.Pool);
        Assert.True(lists.IsSparse);
        Assert.Equal([32, 32, 32, 4, 32, 18], Enumerable.Range(0, blocks.Count).Select(blocks.Terms));
        Assert.Equal([true, false, false, false, true, false], Enumerable.Range(0, blocks.Count).Select(blocks.Opens));
        Assert.Equal([0, 4, 6], Enumerable.Range(0, blocks.Parts + 1).Select(blocks.BlockOf));
        var found = new float[rows * k];
        int count = 0;
        for (int block = 0; block < blocks.Count; block++)
        {
            for (int row = 0; row < rows; row++)
            {
                int* bounds = lists.Bounds(block, row);
                count += bounds[1] - bounds[0];
                for (int i = bounds[0]; i < bounds[1]; i++)
                {
                    found[(row * k) + blocks.First(block) + (lists.Offsets[i] / width)] = lists.Values[i];
                }
            }
        }

        Assert.Equal(elements, found);
        Assert.Equal(elements.Count(x => x != 0), count);
        matrix.CopyFrom(Sparse(2, rows * k, 0.7));
        lists.Fill(HostMemory.Of(matrix), k, 1, null);
        Assert.False(lists.IsSparse);
    }

    [Fact]
    public void Only_an_order_that_is_asked_for_again_is_packed()
    {
        using var device = new CpuDevice(1);
        using Tensor matrix = device.Allocate([20, 30]);
        Assert.Null(HeldMatrix.Of(matrix));
        matrix.Hold();
        HeldMatrix held = HeldMatrix.Of(matrix)!;
        float* source = HostMemory.Of(matrix);
        Assert.True(held.Find(6, 20, 30, source, 30, out bool mustPack) == null && !mustPack);
        Assert.True(held.Find(16, 30, 20, source, 1, out mustPack) == null && !mustPack);
        float* panels = held.Find(6, 20, 30, source, 30, out mustPack);
        Assert.True(panels != null && mustPack);
        Assert.True(held.Find(6, 20, 30, source, 30, out mustPack) == panels && !mustPack);

        matrix.Release();
        Assert.Null(HeldMatrix.Of(matrix));
        matrix.Hold();
        Assert.Same(held, HeldMatrix.Of(matrix));
        Assert.True(held.Find(6, 20, 30, source, 30, out mustPack) == null && !mustPack);
        Assert.True(held.Find(6, 20, 30, source, 30, out mustPack) == panels && mustPack);
        Assert.Null(HeldMatrix.Of(matrix.Reshape([600])));
        matrix.Dispose();
        Assert.Null(matrix.Held);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Products_with_held_operands_allocate_nothing(float element)
    {
        using var device = new CpuDevice(2);
        using Tensor a = device.Allocate([150, 600]), b = device.Allocate([150, 600]), c = device.Allocate([150, 150]), d = device.Allocate([150, 600]);
        a.Fill(element);
        SteadyState.AssertNoAllocation(() =>
        {
            for (int i = 0; i < 3; i++)
            {
                a.Hold();
                b.Hold();
                device.Kernels.LinearAlgebra.Gemm(false, true, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c));
                device.Kernels.LinearAlgebra.GemmSum(false, true, Matrix.Of(a), Matrix.Of(b), Matrix.Of(d), Matrix.Of(b), Matrix.Of(c));
            }

            a.Release();
            b.Release();
        });
    }

    /// <summary>Normal numbers, of which about so many are left.</summary>
    private static float[] Sparse(ulong stream, int count, double nonzero)
    {
        float[] numbers = TestNumbers.Normal(stream, count);
        for (int i = 0; i < count; i++)
        {
            numbers[i] = Philox.Integer(7, stream, (ulong)i, 1000) < 1000 * nonzero ? numbers[i] : 0;
        }

        return numbers;
    }
}
