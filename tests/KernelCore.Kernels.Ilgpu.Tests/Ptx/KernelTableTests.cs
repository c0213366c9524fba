using System.Globalization;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>Keeps docs/gpu-kernels.md true.</summary>
public class KernelTableTests
{
    private const string AcceptVariable = "KERNELCORE_ACCEPT_KERNELS", Header = "| kernel |";

    [SkippableFact]
    public void The_page_lists_what_ptxas_says()
    {
        Skip.IfNot(Ptxas.IsPresent, Ptxas.Missing);
        string file = Path.Combine(Root(), "docs", "gpu-kernels.md"), page = File.ReadAllText(file).ReplaceLineEndings("\n"), release = $"ptxas {Ptxas.Release()}";
        bool accept = Environment.GetEnvironmentVariable(AcceptVariable) == "1";
        Skip.IfNot(accept || page.Contains(release, StringComparison.Ordinal), $"the page is not of {release}");

        string prose = page[..page.IndexOf(Header, StringComparison.Ordinal)], table = Table();
        if (accept)
        {
            File.WriteAllText(file, prose + table);
        }
        else
        {
            string[] before = page[prose.Length..].Split('\n'), after = table.Split('\n');
            string changes = string.Concat(before.Except(after).Select(line => $"- {line}\n").Concat(after.Except(before).Select(line => $"+ {line}\n")));
            Assert.True(changes.Length == 0, $"{changes}If this is meant, run the test with {AcceptVariable}=1 and commit {file}.");
        }
    }

    private static string Table()
    {
        Multiprocessor[] processors = [Multiprocessor.A100, Multiprocessor.H100];
        KernelResources[][] resources = [.. new[] { 80, 90 }.Select(capability => Ptxas.Assemble(PtxCompiler.Catalogue(capability), $"sm_{capability}"))];
        IEnumerable<string> rows = KernelCatalogue.All.Select((kernel, i) =>
            $"| {Name(kernel)} | {Launch(kernel)} | {resources[0][i].SharedBytes} | "
            + string.Join(" | ", processors.Select((p, j) => string.Create(CultureInfo.InvariantCulture, $"{resources[j][i].Registers} | {100 * p.Occupancy(resources[j][i], KernelCatalogue.GroupSize):F0} %"))) + " |");
        return $"{Header} a thread or group takes | shared memory, bytes | sm_80: registers | occupancy | sm_90: registers | occupancy |\n"
            + "|---|---|---:|---:|---:|---:|---:|\n" + string.Join('\n', rows) + "\n";
    }

    private static string Launch(Type kernel) => kernel.GetGenericTypeDefinition() switch
    {
        Type shape when shape == typeof(ElementLoop<>) => "element",
        Type shape when shape == typeof(StreamLoop<>) => "4 elements",
        Type shape when shape == typeof(RowLoop<,>) => "row",
        _ => "tile",
    };

    /// <summary>The body of a loop, after the family it belongs to; the factor and the sink of a product, and what tensor cores multiply.</summary>
    private static string Name(Type kernel)
    {
        Type[] arguments = kernel.GetGenericArguments();
        string format = string.Concat(arguments[0].GetGenericArguments().Where(type => typeof(ITensorFormat).IsAssignableFrom(type)).Select(type => $", {type.Name.ToLowerInvariant()}"));
        string wide = arguments.Contains(typeof(Quads)) ? ", wide" : "";
        return Launch(kernel) == "tile" ? $"{Short(arguments[2])} to {Short(arguments[3])}{format}{wide}" : Short(arguments[0]);
    }

    private static string Short(Type type)
    {
        string family = type.DeclaringType is null ? "" : type.DeclaringType.Name.Replace("Ilgpu", "", StringComparison.Ordinal) + ".";
        return type.IsGenericType ? $"{family}{type.Name[..type.Name.IndexOf('`')]}({string.Join(", ", type.GetGenericArguments().Select(Short))})" : family + type.Name;
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "KernelCore.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"no KernelCore.sln above {AppContext.BaseDirectory}");
    }
}
