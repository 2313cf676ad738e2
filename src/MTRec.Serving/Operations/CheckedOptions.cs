using Microsoft.Extensions.Options;

namespace MTRec.Serving.Operations;

/// <summary>Options that know what is wrong with them.</summary>
internal interface ICheckedOptions
{
    /// <summary>Every fault, each starting with the key that has it.</summary>
    IEnumerable<string> Faults();
}

/// <summary>Reads all options before anything starts, so that a bad configuration is refused at once and with every fault.</summary>
internal sealed class CheckedOptions(IServiceCollection services, IConfiguration configuration)
{
    private readonly List<string> _faults = [];

    /// <summary>Reads the options of <paramref name="section"/> and adds them to the services.</summary>
    public void Add<TOptions>(string section)
        where TOptions : class, ICheckedOptions, new()
    {
        services.AddSingleton(Read<TOptions>(configuration, section, out var faults));
        _faults.AddRange(faults);
    }

    /// <summary>Reads the options of <paramref name="section"/> and adds them to the services, as they are now and as <see cref="LiveOptions{TOptions}"/>.</summary>
    public void AddLive<TOptions>(string section)
        where TOptions : class, ICheckedOptions, new()
    {
        Add<TOptions>(section);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LiveOptions<TOptions>>(provider, section));
    }

    /// <summary>Ends the start where a fault was found.</summary>
    /// <exception cref="OptionsValidationException">Lists every fault.</exception>
    public void ThrowIfFaulty()
    {
        if (_faults.Count > 0)
            throw new OptionsValidationException("", typeof(ICheckedOptions), _faults);
    }

    /// <summary>Reads options. A key that no option has is a fault too: it is a typing error.</summary>
    public static TOptions Read<TOptions>(IConfiguration configuration, string section, out IReadOnlyList<string> faults)
        where TOptions : class, ICheckedOptions, new()
    {
        var options = new TOptions();
        var found = new List<string>();
        new OptionsReader(found).Fill(options, configuration.GetSection(section));
        found.AddRange(options.Faults().Select(fault => $"{section}:{fault}"));
        faults = found;
        return options;
    }
}
