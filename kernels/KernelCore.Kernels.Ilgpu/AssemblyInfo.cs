using System.Runtime.CompilerServices;

// ILGPU generates the code that launches a kernel in an assembly of this name; it reads the fields of kernels.
[assembly: InternalsVisibleTo(ILGPU.Context.RuntimeAssemblyName)]
