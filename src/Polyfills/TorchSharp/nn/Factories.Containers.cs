using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Sequential Sequential() => new();

        public static Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) =>
            Sequential((IEnumerable<(string name, Module<Tensor, Tensor> submodule)>)modules);

        public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) => Sequential((IEnumerable<Module<Tensor, Tensor>>)modules);

        public static Sequential Sequential(params Tuple<string, Module<Tensor, Tensor>>[] modules) =>
            Sequential((IEnumerable<Tuple<string, Module<Tensor, Tensor>>>)modules);

        public static Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules)
        {
            Sequential sequential = new();
            foreach ((string name, Module<Tensor, Tensor> module) in modules) sequential.append(name, module);
            return sequential;
        }

        public static Sequential Sequential(IEnumerable<Tuple<string, Module<Tensor, Tensor>>> modules) =>
            Sequential(modules.Select(module => (module.Item1, module.Item2)));

        public static Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules)
        {
            Sequential sequential = new();
            foreach (Module<Tensor, Tensor> module in modules) sequential.append(module);
            return sequential;
        }

        public static ModuleList<Module> ModuleList(params Module[] modules) => new(modules);

        public static ModuleList<T> ModuleList<T>(params T[] modules)
            where T : Module => new(modules);

        public static ModuleDict<Module> ModuleDict(params (string, Module)[] modules) => ModuleDict<Module>(modules);

        public static ModuleDict<T> ModuleDict<T>(params (string, T)[] modules)
            where T : Module
        {
            ModuleDict<T> dictionary = new();
            foreach ((string, T) entry in modules) dictionary.Add(entry);
            return dictionary;
        }

        public static ParameterList ParameterList(params Parameter[] parameters) => new(parameters);
    }
}
