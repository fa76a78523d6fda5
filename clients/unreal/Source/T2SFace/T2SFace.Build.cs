// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using UnrealBuildTool;

public class T2SFace : ModuleRules
{
    public T2SFace(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        PublicDependencyModuleNames.AddRange(new[] { "Core", "CoreUObject", "Engine", "LiveLinkInterface" });
        PrivateDependencyModuleNames.AddRange(new[] { "WebSockets", "Slate", "SlateCore" });
    }
}
