using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>Changes parameters after their gradients.</summary>
        public abstract class Optimizer : IDisposable
        {
            private protected readonly List<ParamGroup> _parameter_groups = [];

            private protected Optimizer()
            {
            }

            /// <summary>The groups, each with its own learning rate.</summary>
            public virtual IEnumerable<ILearningRateController> ParamGroups => _parameter_groups;

            public virtual IEnumerable<Parameter> parameters() => _parameter_groups.SelectMany(group => group.Parameters);

            /// <summary>Fills all gradients with zeros.</summary>
            public virtual void zero_grad() => Gradients.Clear(parameters(), setToNone: false);

            public virtual void add_param_group(ParamGroup param_group) => throw new NotImplementedException(nameof(add_param_group));

            /// <summary>Takes one step.</summary>
            /// <param name="closure">Computes the loss and its gradients first, if given.</param>
            /// <returns>The closure's loss, or null.</returns>
            public abstract Tensor step(Func<Tensor>? closure = null);

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
            }

            /// <summary>The options of the groups and the states of their parameters, in order.</summary>
            public class StateDictionary
            {
                internal StateDictionary()
                {
                }

                public List<OptimizerOptions> Options { get; private set; } = [];

                public List<OptimizerState> State { get; private set; } = [];

                /// <summary>For each group the positions of its parameters' states.</summary>
                public List<List<int>> StateIndexRef { get; private set; } = [];
            }
        }

        public interface ILearningRateController
        {
            double LearningRate { get; set; }

            double InitialLearningRate { get; set; }
        }

        public interface IMomentum
        {
            double Momentum { get; set; }
        }

        public interface IBetas
        {
            (double, double) Betas { get; set; }
        }
    }
}
