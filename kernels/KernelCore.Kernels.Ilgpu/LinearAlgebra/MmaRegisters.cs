namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// The registers of the sums: 16 for each of four squares, of which ptxas keeps those that are used; and the operands of the instruction
/// for each block of them, the left and the right ones of a square in turn.
/// </summary>
internal static class MmaRegisters
{
    public const string Declaration = ".reg .f32 sum<64>;";

    public const string Clear0 =
        "mov.f32 sum0, 0f00000000; mov.f32 sum1, 0f00000000; mov.f32 sum2, 0f00000000; mov.f32 sum3, 0f00000000; "
        + "mov.f32 sum4, 0f00000000; mov.f32 sum5, 0f00000000; mov.f32 sum6, 0f00000000; mov.f32 sum7, 0f00000000; "
        + "mov.f32 sum8, 0f00000000; mov.f32 sum9, 0f00000000; mov.f32 sum10, 0f00000000; mov.f32 sum11, 0f00000000; "
        + "mov.f32 sum12, 0f00000000; mov.f32 sum13, 0f00000000; mov.f32 sum14, 0f00000000; mov.f32 sum15, 0f00000000;";

    public const string Clear1 =
        "mov.f32 sum16, 0f00000000; mov.f32 sum17, 0f00000000; mov.f32 sum18, 0f00000000; mov.f32 sum19, 0f00000000; "
        + "mov.f32 sum20, 0f00000000; mov.f32 sum21, 0f00000000; mov.f32 sum22, 0f00000000; mov.f32 sum23, 0f00000000; "
        + "mov.f32 sum24, 0f00000000; mov.f32 sum25, 0f00000000; mov.f32 sum26, 0f00000000; mov.f32 sum27, 0f00000000; "
        + "mov.f32 sum28, 0f00000000; mov.f32 sum29, 0f00000000; mov.f32 sum30, 0f00000000; mov.f32 sum31, 0f00000000;";

    public const string Clear2 =
        "mov.f32 sum32, 0f00000000; mov.f32 sum33, 0f00000000; mov.f32 sum34, 0f00000000; mov.f32 sum35, 0f00000000; "
        + "mov.f32 sum36, 0f00000000; mov.f32 sum37, 0f00000000; mov.f32 sum38, 0f00000000; mov.f32 sum39, 0f00000000; "
        + "mov.f32 sum40, 0f00000000; mov.f32 sum41, 0f00000000; mov.f32 sum42, 0f00000000; mov.f32 sum43, 0f00000000; "
        + "mov.f32 sum44, 0f00000000; mov.f32 sum45, 0f00000000; mov.f32 sum46, 0f00000000; mov.f32 sum47, 0f00000000;";

    public const string Clear3 =
        "mov.f32 sum48, 0f00000000; mov.f32 sum49, 0f00000000; mov.f32 sum50, 0f00000000; mov.f32 sum51, 0f00000000; "
        + "mov.f32 sum52, 0f00000000; mov.f32 sum53, 0f00000000; mov.f32 sum54, 0f00000000; mov.f32 sum55, 0f00000000; "
        + "mov.f32 sum56, 0f00000000; mov.f32 sum57, 0f00000000; mov.f32 sum58, 0f00000000; mov.f32 sum59, 0f00000000; "
        + "mov.f32 sum60, 0f00000000; mov.f32 sum61, 0f00000000; mov.f32 sum62, 0f00000000; mov.f32 sum63, 0f00000000;";

    /// <summary>Those of each square but the first to the square before.</summary>
    public const string Rest =
        "mov.f32 sum0, sum16; mov.f32 sum1, sum17; mov.f32 sum2, sum18; mov.f32 sum3, sum19; "
        + "mov.f32 sum4, sum20; mov.f32 sum5, sum21; mov.f32 sum6, sum22; mov.f32 sum7, sum23; "
        + "mov.f32 sum8, sum24; mov.f32 sum9, sum25; mov.f32 sum10, sum26; mov.f32 sum11, sum27; "
        + "mov.f32 sum12, sum28; mov.f32 sum13, sum29; mov.f32 sum14, sum30; mov.f32 sum15, sum31; "
        + "mov.f32 sum16, sum32; mov.f32 sum17, sum33; mov.f32 sum18, sum34; mov.f32 sum19, sum35; "
        + "mov.f32 sum20, sum36; mov.f32 sum21, sum37; mov.f32 sum22, sum38; mov.f32 sum23, sum39; "
        + "mov.f32 sum24, sum40; mov.f32 sum25, sum41; mov.f32 sum26, sum42; mov.f32 sum27, sum43; "
        + "mov.f32 sum28, sum44; mov.f32 sum29, sum45; mov.f32 sum30, sum46; mov.f32 sum31, sum47; "
        + "mov.f32 sum32, sum48; mov.f32 sum33, sum49; mov.f32 sum34, sum50; mov.f32 sum35, sum51; "
        + "mov.f32 sum36, sum52; mov.f32 sum37, sum53; mov.f32 sum38, sum54; mov.f32 sum39, sum55; "
        + "mov.f32 sum40, sum56; mov.f32 sum41, sum57; mov.f32 sum42, sum58; mov.f32 sum43, sum59; "
        + "mov.f32 sum44, sum60; mov.f32 sum45, sum61; mov.f32 sum46, sum62; mov.f32 sum47, sum63;";

    public const string Left0 = "{sum0, sum1, sum2, sum3}" + LeftFactors + "{sum0, sum1, sum2, sum3}; ";

    public const string Right1 = "{sum4, sum5, sum6, sum7}" + RightFactors + "{sum4, sum5, sum6, sum7};";

    public const string Left2 = "{sum8, sum9, sum10, sum11}" + LeftFactors + "{sum8, sum9, sum10, sum11}; ";

    public const string Right3 = "{sum12, sum13, sum14, sum15}" + RightFactors + "{sum12, sum13, sum14, sum15};";

    public const string Left4 = "{sum16, sum17, sum18, sum19}" + LeftFactors + "{sum16, sum17, sum18, sum19}; ";

    public const string Right5 = "{sum20, sum21, sum22, sum23}" + RightFactors + "{sum20, sum21, sum22, sum23};";

    public const string Left6 = "{sum24, sum25, sum26, sum27}" + LeftFactors + "{sum24, sum25, sum26, sum27}; ";

    public const string Right7 = "{sum28, sum29, sum30, sum31}" + RightFactors + "{sum28, sum29, sum30, sum31};";

    public const string Left8 = "{sum32, sum33, sum34, sum35}" + LeftFactors + "{sum32, sum33, sum34, sum35}; ";

    public const string Right9 = "{sum36, sum37, sum38, sum39}" + RightFactors + "{sum36, sum37, sum38, sum39};";

    public const string Left10 = "{sum40, sum41, sum42, sum43}" + LeftFactors + "{sum40, sum41, sum42, sum43}; ";

    public const string Right11 = "{sum44, sum45, sum46, sum47}" + RightFactors + "{sum44, sum45, sum46, sum47};";

    public const string Left12 = "{sum48, sum49, sum50, sum51}" + LeftFactors + "{sum48, sum49, sum50, sum51}; ";

    public const string Right13 = "{sum52, sum53, sum54, sum55}" + RightFactors + "{sum52, sum53, sum54, sum55};";

    public const string Left14 = "{sum56, sum57, sum58, sum59}" + LeftFactors + "{sum56, sum57, sum58, sum59}; ";

    public const string Right15 = "{sum60, sum61, sum62, sum63}" + RightFactors + "{sum60, sum61, sum62, sum63};";

    private const string LeftFactors = ", {%0, %1, %2, %3}, {%4, %5}, ", RightFactors = ", {%0, %1, %2, %3}, {%6, %7}, ";
}
