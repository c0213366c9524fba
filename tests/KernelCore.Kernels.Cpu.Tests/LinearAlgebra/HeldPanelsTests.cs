using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>Operands that are held stay packed: every product has the bits that it has without.</summary>
[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed unsafe class HeldPanelsTests
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

    [Theory]
    [InlineData(200, 1, 90, 70, 1)]
    [InlineData(40, 13, 70, 90, 2)]
    [InlineData(200, 1, 100, 10, 2)]
    [InlineData(3, 2, 5, 4, 1)]
    public void Sums_and_dots_of_captures_keep_their_bits(int batch, int positions, int columns, int rows, int threads)
    {
        using var device = new CpuDevice(threads);
        using Tensor activation = device.Allocate([batch, positions, columns], TestNumbers.Normal(1, batch * positions * columns));
        using Tensor backprop = device.Allocate([batch, positions, rows], TestNumbers.Normal(2, batch * positions * rows));
        using Tensor direction = device.Allocate([rows, columns], TestNumbers.Normal(3, rows * columns)), coefficients = device.Allocate([batch], TestNumbers.Normal(4, batch));
        using Tensor sum = device.Allocate([rows, columns]), dots = device.Allocate([batch]);
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
            kernels.Dots([capture], ParameterRole.Weight, direction, dots);
            return [plain, sum.ToArray(), dots.ToArray()];
        }
    }

    [Fact]
    public void Only_an_order_that_is_asked_for_again_is_packed()
    {
        using var device = new CpuDevice(1);
        using Tensor matrix = device.Allocate([20, 30]);
        Assert.Null(HeldPanels.Of(matrix));
        matrix.Hold();
        HeldPanels held = HeldPanels.Of(matrix)!;
        float* source = HostMemory.Of(matrix);
        Assert.True(held.Find(6, 20, 30, source, 30, out bool mustPack) == null && !mustPack);
        Assert.True(held.Find(16, 30, 20, source, 1, out mustPack) == null && !mustPack);
        float* panels = held.Find(6, 20, 30, source, 30, out mustPack);
        Assert.True(panels != null && mustPack);
        Assert.True(held.Find(6, 20, 30, source, 30, out mustPack) == panels && !mustPack);

        matrix.Release();
        Assert.Null(HeldPanels.Of(matrix));
        matrix.Hold();
        Assert.Same(held, HeldPanels.Of(matrix));
        Assert.True(held.Find(6, 20, 30, source, 30, out mustPack) == null && !mustPack);
        Assert.True(held.Find(6, 20, 30, source, 30, out mustPack) == panels && mustPack);
        Assert.Null(HeldPanels.Of(matrix.Reshape([600])));
        matrix.Dispose();
        Assert.Null(matrix.Held);
    }

    [Fact]
    public void Products_with_held_operands_allocate_nothing()
    {
        using var device = new CpuDevice(2);
        using Tensor a = device.Allocate([150, 600]), b = device.Allocate([150, 600]), c = device.Allocate([150, 150]);
        SteadyState.AssertNoAllocation(() =>
        {
            for (int i = 0; i < 3; i++)
            {
                a.Hold();
                b.Hold();
                device.Kernels.LinearAlgebra.Gemm(false, true, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c));
            }

            a.Release();
            b.Release();
        });
    }
}
