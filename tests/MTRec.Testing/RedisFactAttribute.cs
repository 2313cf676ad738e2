using System.Reflection;
using Xunit;
using Xunit.Sdk;

namespace MTRec.Testing;

/// <summary>A test that starts a redis-server and is skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    internal const string Absent = "redis-server and redis-cli are not installed (Debian: redis-server).";

    /// <summary>Skips the test where the programs are absent.</summary>
    public RedisFactAttribute()
    {
        if (!RedisServer.IsInstalled)
            Skip = Absent;
    }
}

/// <summary>A case that starts a redis-server and is skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class RedisInlineDataAttribute : DataAttribute
{
    private readonly object[] _data;

    /// <summary>Skips the case where the programs are absent.</summary>
    /// <param name="data">The case's arguments.</param>
    public RedisInlineDataAttribute(params object[] data)
    {
        _data = data;
        if (!RedisServer.IsInstalled)
            Skip = RedisFactAttribute.Absent;
    }

    /// <inheritdoc/>
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [_data];
}
