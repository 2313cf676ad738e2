using System.Runtime.InteropServices;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>Failures of learning that its data or its settings bring about: nothing comes of it, and what serves goes on.</summary>
internal static class LearningFailure
{
    /// <summary>Whether it is one: a loss that is no number, data that the learner refuses, or a call that libtorch refuses.</summary>
    public static bool Is(Exception exception) => exception is ArithmeticException or ArgumentException or ExternalException;

    /// <summary>What a decision says of it. In one line: libtorch's message goes on with its frames, a line each.</summary>
    public static string Reason(Exception exception) => $"learning failed: {exception.Message.Split('\n', 2)[0].TrimEnd()}";
}
