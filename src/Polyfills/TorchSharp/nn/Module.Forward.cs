namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public interface IModule<T, TResult>
        {
            TResult call(T input1);
        }

        public interface IModule<T1, T2, TResult>
        {
            TResult call(T1 input1, T2 input2);
        }

        public interface IModule<T1, T2, T3, TResult>
        {
            TResult call(T1 input1, T2 input2, T3 input3);
        }

        public interface IModule<T1, T2, T3, T4, TResult>
        {
            TResult call(T1 input1, T2 input2, T3 input3, T4 input4);
        }

        /// <summary>A module whose calls can be observed and changed: hooks run around <c>forward</c> in the order of their registration.</summary>
        public class HookableModule<TPreHook, TPostHook> : Module
        {
            private protected List<(HookRemover Key, TPreHook Hook)>? _preHooks;
            private protected List<(HookRemover Key, TPostHook Hook)>? _postHooks;
            private List<(HookRemover Key, Action<Module> Hook)>? _modulePreHooks;
            private List<(HookRemover Key, Action<Module> Hook)>? _modulePostHooks;

            protected HookableModule(string name)
                : base(name)
            {
            }

            /// <summary>After each call; a result other than null replaces the module's.</summary>
            public HookRemover register_forward_hook(TPostHook hook) => Register(ref _postHooks, hook);

            /// <summary>Before each call; a result other than null replaces the input.</summary>
            public HookRemover register_forward_pre_hook(TPreHook hook) => Register(ref _preHooks, hook);

            public HookRemover register_forward_hook(Action<Module> hook) => Register(ref _modulePostHooks, hook);

            public HookRemover register_forward_pre_hook(Action<Module> hook) => Register(ref _modulePreHooks, hook);

            private protected void NotifyBefore() => _modulePreHooks?.ForEach(entry => entry.Hook(this));

            private protected void NotifyAfter() => _modulePostHooks?.ForEach(entry => entry.Hook(this));

            private HookRemover Register<THook>(ref List<(HookRemover Key, THook Hook)>? hooks, THook hook)
            {
                HookRemover key = new(this);
                (hooks ??= []).Add((key, hook));
                return key;
            }

            private void Remove(HookRemover key)
            {
                _preHooks?.RemoveAll(entry => entry.Key == key);
                _postHooks?.RemoveAll(entry => entry.Key == key);
                _modulePreHooks?.RemoveAll(entry => entry.Key == key);
                _modulePostHooks?.RemoveAll(entry => entry.Key == key);
            }

            public class HookRemover
            {
                private readonly HookableModule<TPreHook, TPostHook> _module;

                internal HookRemover(HookableModule<TPreHook, TPostHook> module) => _module = module;

                public void remove() => _module.Remove(this);
            }
        }

        public abstract class Module<T, TResult>
            : HookableModule<Func<Module<T, TResult>, T, T>, Func<Module<T, TResult>, T, TResult, TResult>>, IModule<T, TResult>
        {
            protected Module(string name)
                : base(name)
            {
            }

            public abstract TResult forward(T input);

            /// <summary>Runs the hooks and <see cref="forward"/>.</summary>
            public TResult call(T input)
            {
                NotifyBefore();
                if (_preHooks is not null)
                {
                    foreach (var (_, hook) in _preHooks)
                    {
                        if (hook(this, input) is { } modified) input = modified;
                    }
                }
                TResult result = forward(input);
                if (_postHooks is not null)
                {
                    foreach (var (_, hook) in _postHooks)
                    {
                        if (hook(this, input, result) is { } modified) result = modified;
                    }
                }
                NotifyAfter();
                return result;
            }
        }

        public abstract class Module<T1, T2, TResult>
            : HookableModule<Func<Module<T1, T2, TResult>, T1, T2, (T1, T2)?>, Func<Module<T1, T2, TResult>, T1, T2, TResult, TResult>>,
              IModule<T1, T2, TResult>
        {
            protected Module(string name)
                : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2);

            /// <summary>Runs the hooks and <see cref="forward"/>.</summary>
            public TResult call(T1 input1, T2 input2)
            {
                NotifyBefore();
                if (_preHooks is not null)
                {
                    foreach (var (_, hook) in _preHooks)
                    {
                        if (hook(this, input1, input2) is { } modified) (input1, input2) = modified;
                    }
                }
                TResult result = forward(input1, input2);
                if (_postHooks is not null)
                {
                    foreach (var (_, hook) in _postHooks)
                    {
                        if (hook(this, input1, input2, result) is { } modified) result = modified;
                    }
                }
                NotifyAfter();
                return result;
            }
        }

        public abstract class Module<T1, T2, T3, TResult>
            : HookableModule<Func<Module<T1, T2, T3, TResult>, T1, T2, T3, (T1, T2, T3)?>,
                  Func<Module<T1, T2, T3, TResult>, T1, T2, T3, TResult, TResult>>,
              IModule<T1, T2, T3, TResult>
        {
            protected Module(string name)
                : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3);

            /// <summary>Runs the hooks and <see cref="forward"/>.</summary>
            public TResult call(T1 input1, T2 input2, T3 input3)
            {
                NotifyBefore();
                if (_preHooks is not null)
                {
                    foreach (var (_, hook) in _preHooks)
                    {
                        if (hook(this, input1, input2, input3) is { } modified) (input1, input2, input3) = modified;
                    }
                }
                TResult result = forward(input1, input2, input3);
                if (_postHooks is not null)
                {
                    foreach (var (_, hook) in _postHooks)
                    {
                        if (hook(this, input1, input2, input3, result) is { } modified) result = modified;
                    }
                }
                NotifyAfter();
                return result;
            }
        }

        public abstract class Module<T1, T2, T3, T4, TResult>
            : HookableModule<Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, (T1, T2, T3, T4)?>,
                  Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, TResult, TResult>>,
              IModule<T1, T2, T3, T4, TResult>
        {
            protected Module(string name)
                : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4);

            /// <summary>Runs the hooks and <see cref="forward"/>.</summary>
            public TResult call(T1 input1, T2 input2, T3 input3, T4 input4)
            {
                NotifyBefore();
                if (_preHooks is not null)
                {
                    foreach (var (_, hook) in _preHooks)
                    {
                        if (hook(this, input1, input2, input3, input4) is { } modified) (input1, input2, input3, input4) = modified;
                    }
                }
                TResult result = forward(input1, input2, input3, input4);
                if (_postHooks is not null)
                {
                    foreach (var (_, hook) in _postHooks)
                    {
                        if (hook(this, input1, input2, input3, input4, result) is { } modified) result = modified;
                    }
                }
                NotifyAfter();
                return result;
            }
        }
    }
}
