using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MTRec.Trainer.CommandLine;

/// <summary>The usual help, then the command's examples and remarks.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Puts the examples under the help of <paramref name="root"/> and all its commands.</summary>
    public static void Install(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not DocumentedCommand command)
            return result;

        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in command.Examples)
            output.WriteLine($"  {example}");
        output.WriteLine();
        if (command.Remarks.Length > 0)
        {
            output.WriteLine(command.Remarks);
            output.WriteLine();
        }

        return result;
    }
}
