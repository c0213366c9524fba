namespace KernelCore.Kernels.Cpu.Tests;

public sealed unsafe class PhiloxLanesTests
{
    [Theory]
    [InlineData(0ul, 0ul, 0ul)]
    [InlineData(0xA4093822299F31D0ul, 0x13198A2E03707344ul, 0x243F6A8885A308D3ul)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, 0xFFFFFFFEul)]
    public void TheWordsAreThoseOfTheScalarGenerator(ulong seed, ulong stream, ulong block)
    {
        uint* words = stackalloc uint[PhiloxLanes.Count];
        PhiloxLanes.Fill(seed, stream, block, words);
        for (int lane = 0; lane < 4; lane++)
        {
            Assert.Equal(Philox.Block(seed, stream, block + (ulong)lane), (words[4 * lane], words[(4 * lane) + 1], words[(4 * lane) + 2], words[(4 * lane) + 3]));
        }
    }
}
